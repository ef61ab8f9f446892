import scalarStore from '../../../shaders/matmul_store.wgsl?raw';
import naiveText from '../../../shaders/matmul_naive.wgsl?raw';
import shape from '../../../shaders/matmul_shape.wgsl?raw';
import { biasCode, weightElements } from '../weights.ts';
import { maskCode } from './masks.ts';
import type { Variant } from './problem.ts';

/** One element of Y a thread, whatever the shape: two loads a multiply–add. For rows that cannot be read by fours. */
export const naive: Variant = {
  name: 'naive',
  fits: ({ fours }) => !fours,
  kernel: (problem) => ({
    code: [
      shape,
      biasCode(problem.bias),
      scalarStore,
      ...weightElements(problem.dtype),
      maskCode(problem),
      naiveText,
    ],
    workgroups: (m, n) => [Math.ceil(n / 8), Math.ceil(m / 8), 1],
  }),
};
