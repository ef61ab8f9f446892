import type { Op } from '../../graph/op.ts';
import { matrixOf, sizeOf } from '../../graph/tensor.ts';
import squaresCode from '../../../shaders/column_squares.wgsl?raw';
import rowCode from '../../../shaders/prune_rows.wgsl?raw';
import patternCode from '../../../shaders/prune_pattern.wgsl?raw';
import { f32, flag, flatIndex, threads, u32 } from '../dispatch.ts';
import { scalarWeights } from '../weights.ts';
import { pruneReference } from './op.reference.ts';

/**
 * Adds Σ x² of each column to a stored sum, over real (not padding) rows: the activation norms of Wanda.
 * Inputs: sums [columns], x [rows, columns], lengths i32 [sequences].
 */
export const columnSquares: Op<{ rowsPerSequence: number }> = {
  name: 'column-squares',
  inPlace: [0],
  infer: ([sums]) => [{ dtype: 'f32', shape: sums!.shape }],
  reference([sums, x, lengths], _outputs, { rowsPerSequence }) {
    const columns = sums!.data.length;
    for (let column = 0; column < columns; column++) {
      let total = 0;
      for (let row = 0; row < x!.data.length / columns; row++) {
        const real = row % rowsPerSequence < lengths!.data[Math.floor(row / rowsPerSequence)]!;
        if (real) total += x!.data[row * columns + column]! ** 2;
      }
      sums!.data[column]! += total;
    }
  },
  dispatches({ inputs: [sums, x, lengths], attributes: { rowsPerSequence } }) {
    const { rows, columns } = matrixOf(x!.shape);
    return [
      {
        label: 'column squares',
        code: [flatIndex, squaresCode],
        uniforms: [u32(rows), u32(columns), u32(rowsPerSequence)],
        bindings: [x!, lengths!, sums!],
        workgroups: threads(columns),
        work: rows * columns,
      },
    ];
  },
};

export interface PruneAttributes {
  /** How many of each row become zero; or N of every M consecutive. */
  readonly rule: { readonly count: number } | { readonly n: number; readonly m: number };
  /** 1 / number of sequences behind the sums. */
  readonly inverseCount: number;
}

/**
 * Wanda's selection: score |W|·√(sum / sequences), smallest first within each output row, ties by lower column.
 * WGSL allows `sqrt` an error of a few units in the last place, so on some GPUs two scores that are equal in exact
 * arithmetic differ, or the other way round: which of nearly equal weights falls may then differ from the reference,
 * never how many. Inputs: mask u32 [out, ⌈in/32⌉] (stored, overwritten: 1 keeps), W [out, in], sums [in] or null (magnitude).
 * Source: locuslab/wanda lib/prune.py.
 */
export const prune: Op<PruneAttributes> = {
  name: 'prune',
  inPlace: [0],
  infer: ([mask]) => [{ dtype: 'u32', shape: mask!.shape }],
  reference: pruneReference,
  dispatches({ inputs: [mask, w, sums], attributes: { rule, inverseCount } }) {
    const { rows, columns } = matrixOf(w!.shape);
    const pattern = 'n' in rule;
    return [
      {
        label: 'prune',
        code: [flatIndex, scalarWeights(w!.dtype), pattern ? patternCode : rowCode],
        uniforms: [
          u32(rows),
          u32(columns),
          u32(pattern ? rule.n : rule.count),
          u32(pattern ? rule.m : 0),
          f32(inverseCount),
          flag(sums),
        ],
        bindings: [sums ?? null, w!, mask!],
        workgroups: threads(rows),
        work: sizeOf(w!.shape) * 34,
      },
    ];
  },
};
