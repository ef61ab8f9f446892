import ntRow from '../../../shaders/matmul_nt_row.wgsl?raw';
import ntRowI4 from '../../../shaders/matmul_nt_row_i4.wgsl?raw';
import shape from '../../../shaders/matmul_shape.wgsl?raw';
import scalarStore from '../../../shaders/matmul_store.wgsl?raw';
import { flatIndex, threads } from '../dispatch.ts';
import { biasCode, weights } from '../weights.ts';
import { maskCode } from './masks.ts';
import type { Variant } from './problem.ts';

/** Up to so many rows, tiles of rows waste more than they share (measured on SwiftShader and llvmpipe). */
const fewRows = 2;

/**
 * A thread makes four columns of one row: decoding, which reads each weight once and is bound by their bytes. INT4 reads
 * eight weights a load, and the cell of a group once.
 */
export const row: Variant = {
  name: 'row',
  fits: ({ fours, orientation, rows }) => fours && orientation === 'nt' && rows <= fewRows,
  kernel: (problem) => ({
    code: [
      flatIndex,
      shape,
      biasCode(problem.bias),
      scalarStore,
      ...weights(problem.dtype),
      ...(problem.gridShift === null ? [maskCode(problem), ntRow] : [ntRowI4]),
    ],
    workgroups: (m, n) => threads(m * Math.ceil(n / 4)),
  }),
};
