import { describe, expect, it } from 'vitest';
import type { Backend } from '../../backends/backend.ts';
import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
import { Graph } from '../../graph/graph.ts';
import { fromFloat32, toFloat32, type FloatDtype } from '../../lib/half.ts';
import { unpackNibbles } from '../../lib/nibbles.ts';
import { Random } from '../../lib/random.ts';
import { gridSpec } from '../int4.ts';
import { gptqLoad, gptqSpread, gptqSweep, paddedRows } from '../ops.ts';
import type { GridKind } from '../quantize/grid.ts';

interface Case extends GridKind {
  readonly rows: number;
  readonly columns: number;
  readonly group: number;
  readonly block: number;
  readonly dtype: FloatDtype;
  readonly masked: boolean;
}

/** All blocks of a weight; the factor has a diagonal near 1, smaller numbers beside it, and a column without inputs. */
async function sweepAll(backend: Backend, options: Case) {
  const { rows, columns, group, block, dtype, masked, symmetric, rule } = options;
  const random = new Random(11);
  const store = backend.createStore();
  const graph = new Graph();
  const put = (name: string, type: FloatDtype | 'u32', shape: number[], pick: (i: number) => number) => {
    const count = shape[0]! * shape[1]!;
    store.allocate(name, { dtype: type, shape });
    if (type === 'u32')
      store.write(
        name,
        Uint32Array.from({ length: count }, (_, i) => pick(i)),
      );
    else
      store.write(
        name,
        fromFloat32(
          Float32Array.from({ length: count }, (_, i) => pick(i)),
          type,
        ),
      );
    return graph.stored(name, type, shape);
  };
  const shape = [rows, columns];
  const w = put('w', dtype, shape, () => random.normal());
  const factor = put('factor', 'f32', [columns, columns], (i) => {
    const [from, to] = [Math.floor(i / columns), i % columns];
    if (from === 5 || to === 5 || from > to) return 0;
    return from === to ? 1 + random.next() : 0.2 * random.normal();
  });
  const held = put('held', 'f32', [columns, paddedRows(rows)], () => 77);
  const errors = put('errors', 'f32', [block, paddedRows(rows)], () => 0);
  const mask = put('mask', 'u32', [rows, Math.ceil(columns / 32)], () => random.next() * 2 ** 32);
  store.allocate('codes', { dtype: 'i4', shape });
  store.allocate('grid', gridSpec(shape, group));
  const load = new Graph();
  const inLoad = [held, w, factor].map((tensor) => load.stored(tensor.name, tensor.dtype, tensor.shape));
  load.apply(gptqLoad, inLoad, {});
  const begin = graph.input('begin', 'i32', [1]);
  const made = [
    graph.stored('codes', 'i4', shape),
    graph.stored('grid', 'f32', gridSpec(shape, group).shape),
    errors,
  ];
  const kind = { symmetric, rule };
  graph.apply(gptqSweep, [...made, held, factor, masked ? mask : null, begin], kind);
  graph.apply(gptqSpread, [held, factor, errors, begin], {});
  const loading = await backend.compile(load, store);
  loading.run();
  const program = await backend.compile(graph, store);
  for (let first = 0; first < columns; first += block) {
    program.write('begin', Int32Array.of(first));
    program.run();
  }
  const codes = unpackNibbles(await store.read('codes'), columns);
  const grid = toFloat32(await store.read('grid'), 'f32');
  const left = toFloat32(await store.read('held'), 'f32');
  loading.dispose();
  program.dispose();
  store.dispose();
  return { codes, grid, left };
}

const cases: readonly Case[] = [
  {
    rows: 13,
    columns: 100,
    group: 32,
    block: 32,
    dtype: 'f16',
    masked: true,
    symmetric: false,
    rule: 'exact',
  },
  {
    rows: 70,
    columns: 161,
    group: 64,
    block: 64,
    dtype: 'f32',
    masked: false,
    symmetric: true,
    rule: 'plain',
  },
  {
    rows: 66,
    columns: 300,
    group: 32,
    block: 128,
    dtype: 'bf16',
    masked: true,
    symmetric: false,
    rule: 'published',
  },
  {
    rows: 5,
    columns: 96,
    group: 128,
    block: 32,
    dtype: 'f32',
    masked: false,
    symmetric: false,
    rule: 'exact',
  },
];

describe('GPTQ kernels', () => {
  it.each(cases)('$rows × $columns, groups of $group, blocks of $block, $dtype, $rule', async (options) => {
    const expected = await sweepAll(new CpuBackend(), options);
    const found = await sweepAll(await gpuBackend(), options);
    // Sums in float32 against float64: a weight beside a half may fall the other way, and then errors spread.
    const equal = found.codes.filter((code, i) => code === expected.codes[i]).length;
    expect(equal / expected.codes.length).toBeGreaterThanOrEqual(0.99);
    const near = (a: Float32Array, b: Float32Array) =>
      a.filter((value, i) => Math.abs(value - b[i]!) <= 1e-4 * (1 + Math.abs(b[i]!))).length / a.length;
    expect(near(found.grid, expected.grid)).toBeGreaterThanOrEqual(0.99);
    expect(near(found.left, expected.left)).toBeGreaterThanOrEqual(0.97);
  });
});
