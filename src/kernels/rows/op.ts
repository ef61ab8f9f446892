import type { NoAttributes, Op } from '../../graph/op.ts';
import { matrixOf, sizeOf } from '../../graph/tensor.ts';
import gatherCode from '../../../shaders/gather_rows.wgsl?raw';
import scatterCode from '../../../shaders/scatter_rows.wgsl?raw';
import zeroCode from '../../../shaders/zero.wgsl?raw';
import readCode from '../../../shaders/read_rows.wgsl?raw';
import writeCode from '../../../shaders/write_rows.wgsl?raw';
import { flatIndex, threads, u32 } from '../dispatch.ts';
import { checkStart, firstPosition, startCode, startCount } from '../start.ts';

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

export interface WriteRowsAttributes {
  /** Parts of equal size in target and value alike; 1 unless said otherwise. */
  readonly sequences?: number;
}

/**
 * Writes value [sequences·n, c] into a stored tensor [sequences·m, c], in place: KV caches, rings of losses. The n rows of
 * sequence s go to rows start[s] … start[s] + n − 1 of its m; what lies outside of those is dropped. Inputs: target,
 * value (one row may be of fewer numbers than c), start (kernels/start.ts).
 */
export const writeRows: Op<WriteRowsAttributes> = {
  name: 'write-rows',
  inPlace: [0],
  infer: ([target, value, start], { sequences = 1 }) => {
    const { rows, columns } = matrixOf(target!.shape);
    const size = sizeOf(value!.shape);
    const whole = size % (sequences * columns) === 0 || (sequences === 1 && size < columns);
    if (!whole || rows % sequences !== 0) throw new Error('write rows: value does not fit');
    checkStart(start, sequences);
    return [{ dtype: 'f32', shape: target!.shape }];
  },
  reference([target, value, start], _, { sequences = 1 }) {
    const columns = target!.shape.at(-1)!;
    const capacity = target!.data.length / columns / sequences;
    const rows = Math.ceil(value!.data.length / columns / sequences);
    value!.data.forEach((x: number, i: number) => {
      const row = Math.floor(i / columns);
      const sequence = Math.floor(row / rows);
      const position = firstPosition(start, sequence) + (row % rows);
      if (position < 0 || position >= capacity) return;
      target!.data[(sequence * capacity + position) * columns + (i % columns)] = x;
    });
  },
  dispatches({ inputs: [target, value, start], attributes: { sequences = 1 } }) {
    const { rows: capacity, columns } = matrixOf(target!.shape);
    const count = sizeOf(value!.shape);
    const rows = Math.ceil(count / columns / sequences);
    return [
      {
        label: 'write rows',
        code: [flatIndex, startCode, writeCode],
        uniforms: [u32(count), u32(columns), u32(rows), u32(capacity / sequences), startCount(start)],
        bindings: [value!, start!, target!],
        workgroups: threads(count),
        work: count,
      },
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
    return [
      {
        label: 'read rows',
        code: [flatIndex, readCode],
        uniforms: [u32(count)],
        bindings: [source!, start!, y!],
        workgroups: threads(count),
        work: count,
      },
    ];
  },
};
