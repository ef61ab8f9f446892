import type { NoAttributes, Op } from '../../graph/op.ts';
import { matrixOf, sizeOf } from '../../graph/tensor.ts';
import gatherCode from '../../../shaders/gather_rows.wgsl?raw';
import scatterCode from '../../../shaders/scatter_rows.wgsl?raw';
import zeroCode from '../../../shaders/zero.wgsl?raw';
import copyCode from '../../../shaders/copy_rows.wgsl?raw';
import { flag, flatIndex, threads, u32 } from '../dispatch.ts';

/** y[i] = x[rows[i]]; a negative row gives zeros. Inputs: x [n, c], rows i32 [p], all different. Output [p, c]. */
export const gatherRows: Op<NoAttributes> = {
  name: 'gather-rows',
  infer: ([x, rows]) => [{ dtype: 'f32', shape: [sizeOf(rows!.shape), matrixOf(x!.shape).columns] }],
  vjp({ graph, node: { inputs }, gradients }) {
    const size = matrixOf(inputs[0]!.shape).rows;
    return [graph.apply(scatterRows, [gradients[0]!, inputs[1]!], { size })[0]!, null];
  },
  reference([x, rows], [y]) {
    const c = y!.shape[1]!;
    rows!.data.forEach((row: number, i: number) => {
      for (let j = 0; j < c; j++) y!.data[i * c + j] = row < 0 ? 0 : x!.data[row * c + j]!;
    });
  },
  dispatches({ inputs: [x, rows], outputs: [y] }) {
    const count = sizeOf(y!.shape);
    return [
      {
        label: 'gather rows',
        code: [flatIndex, gatherCode],
        uniforms: [u32(count), u32(y!.shape[1]!)],
        bindings: [x!, rows!, y!],
        workgroups: threads(count),
        work: count,
      },
    ];
  },
};

/** y [size, c] is zero but for y[rows[i]] = x[i]. */
const scatterRows: Op<{ size: number }> = {
  name: 'scatter-rows',
  infer: ([x], { size }) => [{ dtype: 'f32', shape: [size, matrixOf(x!.shape).columns] }],
  reference([x, rows], [y]) {
    const c = y!.shape[1]!;
    y!.data.fill(0);
    rows!.data.forEach((row: number, i: number) => {
      if (row < 0) return;
      for (let j = 0; j < c; j++) y!.data[row * c + j] = x!.data[i * c + j]!;
    });
  },
  dispatches({ inputs: [x, rows], outputs: [y] }) {
    const all = sizeOf(y!.shape);
    const count = sizeOf(x!.shape);
    return [
      {
        label: 'zero',
        code: [flatIndex, zeroCode],
        uniforms: [u32(all)],
        bindings: [y!],
        workgroups: threads(all),
        work: all,
      },
      {
        label: 'scatter rows',
        code: [flatIndex, scatterCode],
        uniforms: [u32(count), u32(y!.shape[1]!)],
        bindings: [x!, rows!, y!],
        workgroups: threads(count),
        work: count,
      },
    ];
  },
};

/**
 * Writes value [n, c] into rows start … start + n − 1 of a stored tensor [m, c], in place: KV caches, rings of
 * losses. Inputs: target, value, start i32 [1]. Rows past the end are dropped.
 */
export const writeRows: Op<NoAttributes> = {
  name: 'write-rows',
  inPlace: [0],
  infer: ([target]) => [{ dtype: 'f32', shape: target!.shape }],
  reference([target, value, start]) {
    const first = start!.data[0]! * target!.shape.at(-1)!;
    value!.data.forEach((x: number, i: number) => {
      if (first + i < target!.data.length) target!.data[first + i] = x;
    });
  },
  dispatches({ inputs: [target, value, start] }) {
    return [
      copyRows('write rows', value!, start!, target!, sizeOf(value!.shape), sizeOf(target!.shape), false),
    ];
  },
};

/** Reads rows start·n … start·n + n − 1 of a stored tensor: batch `start` of many. Inputs: source [m, c], start i32 [1]. */
export const readRows: Op<{ rows: number }> = {
  name: 'read-rows',
  infer: ([source], { rows }) => [{ dtype: 'f32', shape: [rows, source!.shape.at(-1)!] }],
  reference([source, start], [y]) {
    const first = start!.data[0]! * y!.data.length;
    y!.data.forEach((_: number, i: number) => (y!.data[i] = source!.data[first + i]!));
  },
  dispatches({ inputs: [source, start], outputs: [y] }) {
    const count = sizeOf(y!.shape);
    return [copyRows('read rows', source!, start!, y!, count, count, true)];
  },
};

type Tensors = Parameters<typeof writeRows.dispatches>[0]['outputs'][number];

function copyRows(
  label: string,
  from: Tensors,
  start: Tensors,
  to: Tensors,
  count: number,
  end: number,
  reads: boolean,
) {
  const step = reads ? count : matrixOf(to.shape).columns;
  return {
    label,
    code: [flatIndex, copyCode],
    uniforms: [u32(count), u32(step), u32(end), flag(reads)],
    bindings: [from, start, to],
    workgroups: threads(count),
    work: count,
  };
}
