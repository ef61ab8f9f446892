import type { NoAttributes, Op } from '../../graph/op.ts';
import { matrixOf, sizeOf, type TensorSpec } from '../../graph/tensor.ts';
import pickCode from '../../../shaders/gather_rows.wgsl?raw';
import linkCode from '../../../shaders/link_rows.wgsl?raw';
import sumCode from '../../../shaders/sum_rows.wgsl?raw';
import zeroCode from '../../../shaders/zero.wgsl?raw';
import { flatIndex, threads, u32 } from '../dispatch.ts';
import { spans } from '../work.ts';

/**
 * y[i] = x[ids[i]], where rows may be taken more than once: a trainable table of embeddings. Inputs: x [n, c],
 * ids i32 [t], 0…n − 1. Output [t, c]. Its gradient sums over the takers of a row (`gatherRows`: one taker at most).
 */
export const pickRows: Op<NoAttributes> = {
  name: 'pick-rows',
  infer([x, ids]) {
    requireF32('pick-rows', x!);
    return [{ dtype: 'f32', shape: [sizeOf(ids!.shape), matrixOf(x!.shape).columns] }];
  },
  vjp({ graph, node: { inputs }, gradients }) {
    const size = matrixOf(inputs[0]!.shape).rows;
    return [graph.apply(sumRows, [gradients[0]!, inputs[1]!], { size })[0]!, null];
  },
  reference([x, ids], [y]) {
    const c = y!.shape[1]!;
    ids!.data.forEach((id: number, i: number) => {
      for (let j = 0; j < c; j++) y!.data[i * c + j] = x!.data[id * c + j]!;
    });
  },
  dispatches({ inputs: [x, ids], outputs: [y] }) {
    const count = sizeOf(y!.shape);
    return [
      {
        label: 'pick rows',
        code: [flatIndex, pickCode],
        uniforms: [u32(count), u32(y!.shape[1]!)],
        bindings: [x!, ids!, y!],
        workgroups: threads(count),
        work: count,
      },
    ];
  },
};

/**
 * y[v] = Σ x[i] over all i with ids[i] = v, in the order of i, so that the same input always gives the same bits.
 * Inputs: x [t, c], ids i32 [t]. Outputs: y [size, c], and links i32 [t], which chain equal ids: the next index with
 * the id of i, or t, its bits flipped (negative) where i is not the first of its id. So the work is t² + t·c, not size·c·t.
 */
export const sumRows: Op<{ size: number }> = {
  name: 'sum-rows',
  infer([x, ids], { size }) {
    requireF32('sum-rows', x!);
    const { rows, columns } = matrixOf(x!.shape);
    if (rows !== sizeOf(ids!.shape)) throw new Error(`sum-rows: ${sizeOf(ids!.shape)} ids for ${rows} rows`);
    return [
      { dtype: 'f32', shape: [size, columns] },
      { dtype: 'i32', shape: [rows] },
    ];
  },
  vjp: ({ graph, node: { inputs }, gradients }) => [
    graph.apply(pickRows, [gradients[0]!, inputs[1]!], {})[0]!,
    null,
  ],
  reference([x, ids], [y, links]) {
    const c = y!.shape[1]!;
    ids!.data.forEach((id: number, i: number) => {
      const next = ids!.data.indexOf(id, i + 1);
      const link = next < 0 ? ids!.data.length : next;
      links!.data[i] = ids!.data.indexOf(id) < i ? ~link : link;
    });
    const sums = new Float64Array(y!.data.length);
    ids!.data.forEach((id: number, i: number) => {
      for (let j = 0; j < c; j++) sums[id * c + j]! += x!.data[i * c + j]!;
    });
    y!.data.set(sums);
  },
  dispatches({ inputs: [x, ids], outputs: [y, links] }) {
    const all = sizeOf(y!.shape);
    const count = sizeOf(x!.shape);
    const taken = sizeOf(ids!.shape);
    return [
      {
        label: 'zero',
        code: [flatIndex, zeroCode],
        uniforms: [u32(all)],
        bindings: [y!],
        workgroups: threads(all),
        work: all,
      },
      ...spans(taken, 64, taken).map(({ first, end }) => ({
        label: 'link rows',
        code: [flatIndex, linkCode],
        uniforms: [u32(first), u32(end), u32(taken)],
        bindings: [ids!, links!],
        workgroups: threads(end - first),
        work: (end - first) * taken,
      })),
      {
        label: 'sum rows',
        code: [flatIndex, sumCode],
        uniforms: [u32(count), u32(y!.shape[1]!), u32(taken)],
        bindings: [x!, ids!, links!, y!],
        workgroups: threads(count),
        work: count,
      },
    ];
  },
};

function requireF32(op: string, { dtype }: TensorSpec): void {
  if (dtype !== 'f32') throw new Error(`${op}: rows are f32, not ${dtype}`);
}
