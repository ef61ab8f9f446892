import type { DType } from '../graph/tensor.ts';
import f32 from '../../shaders/weight_f32.wgsl?raw';
import f16 from '../../shaders/weight_f16.wgsl?raw';
import bf16 from '../../shaders/weight_bf16.wgsl?raw';
import scalarF32 from '../../shaders/weight_scalar_f32.wgsl?raw';
import scalarF16 from '../../shaders/weight_scalar_f16.wgsl?raw';
import scalarBf16 from '../../shaders/weight_scalar_bf16.wgsl?raw';

/** WGSL that declares binding 2, a frozen weight, and `weight4(i)`: four at a time. */
export const weights = (dtype: DType) => pick({ f32, f16, bf16 }, dtype);

/** WGSL that declares binding 2, a frozen weight, and `weight(i)`: one at a time. */
export const scalarWeights = (dtype: DType) =>
  pick({ f32: scalarF32, f16: scalarF16, bf16: scalarBf16 }, dtype);

function pick(codes: { f32: string; f16: string; bf16: string }, dtype: DType): string {
  if (dtype === 'f32' || dtype === 'f16' || dtype === 'bf16') return codes[dtype];
  throw new Error(`${dtype} is no weight dtype`);
}
