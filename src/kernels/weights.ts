import type { DType, TensorSpec } from '../graph/tensor.ts';
import f32 from '../../shaders/weight_f32.wgsl?raw';
import f16 from '../../shaders/weight_f16.wgsl?raw';
import bf16 from '../../shaders/weight_bf16.wgsl?raw';
import i4 from '../../shaders/weight_i4.wgsl?raw';
import gridNone from '../../shaders/grid_none.wgsl?raw';
import element from '../../shaders/weight_element.wgsl?raw';
import elementI4 from '../../shaders/weight_element_i4.wgsl?raw';
import biasF32 from '../../shaders/bias_f32.wgsl?raw';
import biasF16 from '../../shaders/bias_f16.wgsl?raw';
import biasBf16 from '../../shaders/bias_bf16.wgsl?raw';
import scalarF32 from '../../shaders/weight_scalar_f32.wgsl?raw';
import scalarF16 from '../../shaders/weight_scalar_f16.wgsl?raw';
import scalarBf16 from '../../shaders/weight_scalar_bf16.wgsl?raw';

/** WGSL of a matmul's W, binding 2, and of the grid of INT4 codes: `weight4(i, cell)` reads four at a time. */
export const weights = (dtype: DType): string[] =>
  dtype === 'i4' ? [i4] : [gridNone, pick({ f32, f16, bf16 }, dtype)];

/** The same one at a time: `weight_at(row, column)`. */
export const weightElements = (dtype: DType): string[] =>
  dtype === 'i4' ? [elementI4] : [element, scalarWeights(dtype)];

/** WGSL that declares binding 2, a frozen weight, and `weight(i)`: one at a time. */
export const scalarWeights = (dtype: DType) =>
  pick({ f32: scalarF32, f16: scalarF16, bf16: scalarBf16 }, dtype);

/** WGSL that declares binding 4, a bias or none, and `bias(i)`. */
export const biasCode = (bias: TensorSpec | null | undefined) =>
  pick({ f32: biasF32, f16: biasF16, bf16: biasBf16 }, bias?.dtype ?? 'f32');

function pick(codes: { f32: string; f16: string; bf16: string }, dtype: DType): string {
  if (dtype === 'f32' || dtype === 'f16' || dtype === 'bf16') return codes[dtype];
  throw new Error(`${dtype} is no weight dtype`);
}
