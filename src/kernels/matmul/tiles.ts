import nn from '../../../shaders/matmul_nn.wgsl?raw';
import nt from '../../../shaders/matmul_nt.wgsl?raw';
import tn from '../../../shaders/matmul_tn.wgsl?raw';
import shape from '../../../shaders/matmul_shape.wgsl?raw';
import scalarStore from '../../../shaders/matmul_store.wgsl?raw';
import { biasCode, weights } from '../weights.ts';
import { maskCode } from './masks.ts';
import type { Variant } from './problem.ts';

const texts = { nt, nn, tn };

/**
 * A thread makes 4 × 4 of Y from vec4s of both matrices: 8 loads of four numbers per 64 multiply–adds, which caches
 * serve on a real GPU. Needs neither subgroups nor workgroup memory: what llvmpipe is fastest with.
 */
export const tiles: Variant = {
  name: 'tiles',
  fits: ({ fours }) => fours,
  kernel: (problem) => ({
    code: [
      shape,
      biasCode(problem.bias),
      scalarStore,
      ...weights(problem.dtype),
      maskCode(problem),
      texts[problem.orientation],
    ],
    workgroups: (m, n) => [Math.ceil(n / 32), Math.ceil(m / 32), 1],
  }),
};
