import ntRowSplit from '../../../shaders/matmul_nt_row_split.wgsl?raw';
import shape from '../../../shaders/matmul_shape.wgsl?raw';
import splitText from '../../../shaders/matmul_split.wgsl?raw';
import splitShape from '../../../shaders/matmul_split_shape.wgsl?raw';
import scalarStore from '../../../shaders/matmul_store.wgsl?raw';
import tnSplit from '../../../shaders/matmul_tn_split.wgsl?raw';
import { biasCode, weights } from '../weights.ts';
import { maskCode } from './masks.ts';
import type { Problem, Variant } from './problem.ts';

/** Sides of Y up to which its tiles are too few for a GPU. */
const fewRows = 2;
const shortSide = 16;
/** Of WebGPU, in one direction: a vocabulary may have more. */
const mostWorkgroups = 65_535;

const isRow = ({ orientation, rows }: Problem) => orientation === 'nt' && rows <= fewRows;
const isSmall = ({ orientation, rows, columns }: Problem) =>
  orientation === 'tn' && Math.min(rows, columns) <= shortSide;

/**
 * The threads of a workgroup share inner sums and add their parts in a tree, for Y that has too few elements to occupy a
 * GPU otherwise. Decoding: four columns of a row a workgroup, so that neighbouring threads read neighbouring weights: the
 * bytes of W bound it, a quarter as many where they are INT4. An adapter's gradient: 8 × 8 of Y a workgroup, every
 * sixteenth token a thread; 8 multiply–adds a load, no second pass and no atomics. On software adapters workgroup memory
 * costs more than that saves.
 */
export const split: Variant = {
  name: 'split',
  fits: (problem) =>
    problem.fours && (isRow(problem) ? problem.columns <= 4 * mostWorkgroups : isSmall(problem)),
  kernel: (problem) => ({
    code: [
      shape,
      biasCode(problem.bias),
      splitShape,
      scalarStore,
      ...weights(problem.dtype),
      ...(isRow(problem) ? [maskCode(problem)] : []),
      splitText,
      isRow(problem) ? ntRowSplit : tnSplit,
    ],
    workgroups: isRow(problem)
      ? (m, n) => [Math.ceil(n / 4), m, 1]
      : (m, n) => [Math.ceil(n / 8), Math.ceil(m / 8), 1],
  }),
};
