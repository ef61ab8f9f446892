import type { NoAttributes, Op } from '../../graph/op.ts';
import { matrixOf, sizeOf } from '../../graph/tensor.ts';
import code from '../../../shaders/embedding.wgsl?raw';
import { flatIndex, threads, u32 } from '../dispatch.ts';
import { scalarWeights } from '../weights.ts';

/** Inputs: table [vocabulary, hidden] (any float dtype, frozen), ids i32 [tokens] (clamped). Output: [tokens, hidden]. */
export const embedding: Op<NoAttributes> = {
  name: 'embedding',
  infer([table, ids]) {
    return [{ dtype: 'f32', shape: [sizeOf(ids!.shape), matrixOf(table!.shape).columns] }];
  },
  reference([table, ids], [y]) {
    const hidden = y!.shape[1]!;
    const last = table!.shape[0]! - 1;
    ids!.data.forEach((id: number, row: number) => {
      const begin = Math.min(Math.max(id, 0), last) * hidden;
      for (let column = 0; column < hidden; column++)
        y!.data[row * hidden + column] = table!.data[begin + column]!;
    });
  },
  dispatches({ inputs: [table, ids], outputs: [y] }) {
    const { rows: vocabulary, columns: hidden } = matrixOf(table!.shape);
    const count = sizeOf(y!.shape);
    return [
      {
        label: 'embedding',
        code: [flatIndex, scalarWeights(table!.dtype), code],
        uniforms: [u32(count), u32(hidden), u32(vocabulary)],
        bindings: [ids!, table!, y!],
        workgroups: threads(count),
        work: count,
      },
    ];
  },
};
