import type { Op } from '../../graph/op.ts';
import { matrixOf, sizeOf } from '../../graph/tensor.ts';
import code from '../../../shaders/embedding.wgsl?raw';
import { flatIndex, threads, u32 } from '../dispatch.ts';
import { scalarWeights } from '../weights.ts';

/** Inputs: table [vocabulary, hidden] (any float dtype, frozen), ids i32 [tokens]. Output: [tokens, hidden]. */
export const embedding: Op<Record<never, never>> = {
  name: 'embedding',
  infer([table, ids]) {
    return [{ dtype: 'f32', shape: [sizeOf(ids!.shape), matrixOf(table!.shape).columns] }];
  },
  reference([table, ids], [y]) {
    const hidden = y!.shape[1]!;
    ids!.data.forEach((id: number, row: number) => {
      for (let column = 0; column < hidden; column++) y!.data[row * hidden + column] = table!.data[id * hidden + column]!;
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
