import type { DType, TensorSpec } from '../graph/tensor.ts';
import one from '../../shaders/norm_weight_f32.wgsl?raw';
import four from '../../shaders/norm_weight_vec4f.wgsl?raw';
import biasOne from '../../shaders/norm_bias_f32.wgsl?raw';
import biasFour from '../../shaders/norm_bias_vec4f.wgsl?raw';
import { biasCode, scalarWeights } from './weights.ts';

/** WGSL that declares binding 2, the frozen weights of a norm, and `norm_weight(unit)`: as many as a `Number` has. */
export const normWeights = (dtype: DType, width: 1 | 4): string[] => [
  scalarWeights(dtype),
  width === 4 ? four : one,
];

/** The same of binding 4, a bias or none: `norm_bias(unit)`. */
export const normBias = (bias: TensorSpec | null | undefined, width: 1 | 4): string[] => [
  biasCode(bias),
  width === 4 ? biasFour : biasOne,
];
