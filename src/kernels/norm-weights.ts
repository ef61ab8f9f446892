import type { DType } from '../graph/tensor.ts';
import one from '../../shaders/norm_weight_f32.wgsl?raw';
import four from '../../shaders/norm_weight_vec4f.wgsl?raw';
import { scalarWeights } from './weights.ts';

/** WGSL that declares binding 2, the frozen weights of a norm, and `norm_weight(unit)`: as many as a `Number` has. */
export const normWeights = (dtype: DType, width: 1 | 4): string[] => [
  scalarWeights(dtype),
  width === 4 ? four : one,
];
