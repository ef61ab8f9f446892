import { assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { differentiate } from '../../graph/gradient.ts';
import { Graph } from '../../graph/graph.ts';
import { bytesOf } from '../../graph/tensor.ts';
import { packNibbles } from '../../lib/nibbles.ts';
import { Random } from '../../lib/random.ts';
import { accumulate } from '../accumulate.ts';
import { gridSpec } from '../int4.ts';
import { matmul, type MatmulAttributes } from './op.ts';

const spec = (...shape: number[]) => ({ dtype: 'f32', shape }) as const;
const codes = (...shape: number[]) => ({ dtype: 'i4', shape }) as const;

function attributesOf(orientation: MatmulAttributes['orientation']): MatmulAttributes {
  return { orientation, scale: 1, innerLimit: null, outerLimit: null, rowsPerSequence: 1 };
}

describe('INT4 codes', () => {
  const nt = attributesOf('nt');

  it('come with a grid that fits, and without a mask', () => {
    const x = spec(2, 64);
    const infer = (...rest: Parameters<typeof matmul.infer>[0]) =>
      matmul.infer([x, codes(5, 64), null, null, null, ...rest], nt);
    expect(infer(null, spec(5, 4))[0]).toEqual(spec(2, 5));
    expect(() => infer()).toThrow('INT4 codes need their grid');
    expect(() => infer({ dtype: 'u32', shape: [5, 2] }, spec(5, 4))).toThrow('take no element mask');
    expect(() => infer(null, spec(6, 4))).toThrow('does not fit codes [5,64]: f32 [5, 2 · groups]');
    expect(() => infer(null, spec(5, 3))).toThrow('does not fit codes');
    expect(() => infer(null, { dtype: 'f16', shape: [5, 4] })).toThrow('a grid of f16[5,4]');
    expect(() => infer(null, spec(5, 10))).toThrow('64 inputs cannot be cut into 5 groups');
    expect(() => matmul.infer([spec(6, 4), codes(6, 5)], attributesOf('tn'))).toThrow('no activations');
    expect(() => matmul.infer([x, spec(5, 64), null, null, null, null, spec(5, 4)], nt)).toThrow(
      'a weight of f32 has no grid',
    );
  });

  it('take at most 0.30 of the bytes of f16 in groups of 128, and little more where the last one is short', () => {
    const share = (...shape: number[]) =>
      (bytesOf(codes(...shape)) + bytesOf(gridSpec(shape, 128))) / bytesOf({ dtype: 'f16', shape });
    for (const columns of [128, 256, 288, 512, 768, 2048, 11008])
      expect(share(512, columns), `${columns} inputs`).toBeLessThanOrEqual(0.3);
    // 22 words and two cells for 172 halves.
    expect(share(64, 172)).toBeCloseTo(104 / 344);
  });

  const cases = record({
    orientation: constantFrom('nt' as const, 'nn' as const),
    rows: integer({ min: 1, max: 4 }),
    out: integer({ min: 1, max: 9 }),
    inputs: integer({ min: 1, max: 70 }),
    group: constantFrom(8, 16, 32, 64),
    seed: integer({ min: 1, max: 2 ** 31 }),
  });

  it('multiply as the floats that they stand for, bit for bit on the CPU', async () => {
    const check = async ({ orientation, rows, out, inputs, group, seed }: Case) => {
      const random = new Random(seed);
      const x = normals(random, rows * (orientation === 'nt' ? inputs : out));
      const weight = randomWeight(random, [out, inputs], group);
      const [coded, plain] = [
        await product(x, rows, weight, orientation),
        await product(x, rows, { ...weight, q: null }, orientation),
      ];
      expect(coded).toEqual(plain);
    };
    await assert(asyncProperty(cases, check), { numRuns: 60 });
  });

  it('that are computed get the gradient of the floats, and their grid none', async () => {
    const graph = new Graph();
    const [x, w, grid] = [
      graph.stored('x', 'f32', [3, 16]),
      graph.stored('w', 'i4', [4, 16], true),
      graph.stored('grid', 'f32', [4, 4], true),
    ];
    const [y] = graph.apply(matmul, [x, w, null, null, null, null, grid], nt);
    const dy = graph.stored('dy', 'f32', [3, 4]);
    const [dw] = differentiate(graph, y!, dy, [w], accumulate);
    expect(dw).toMatchObject({ dtype: 'f32', shape: [4, 16] });
    expect(dw!.producer!.inputs.slice(0, 2)).toEqual([dy, x]);
    expect(() => differentiate(graph, y!, dy, [grid], accumulate)).toThrow('grid has no path');
  });
});

interface Weight {
  readonly shape: readonly [number, number];
  readonly q: Uint32Array | null;
  readonly grid: Float32Array<ArrayBuffer>;
  readonly values: Float32Array<ArrayBuffer>;
  readonly group: number;
}

type Case = {
  orientation: 'nt' | 'nn';
  rows: number;
  out: number;
  inputs: number;
  group: number;
  seed: number;
};

const normals = (random: Random, count: number) =>
  Float32Array.from({ length: count }, () => random.normal());

/** Scales of 7 bits, as on the exact grid: Ŵ = δ · (q − z) is then a float. */
function randomWeight(random: Random, shape: readonly [number, number], group: number): Weight {
  const [out, inputs] = shape;
  const q = Uint32Array.from({ length: out * inputs }, () => random.integer(16));
  const width = 2 * Math.ceil(inputs / group);
  const grid = Float32Array.from({ length: out * width }, (_, i) =>
    i % 2 === 0 ? (64 + random.integer(64)) / 1024 : random.integer(16),
  );
  const values = Float32Array.from(q, (code, i) => {
    const cell = Math.floor(i / inputs) * width + 2 * Math.floor((i % inputs) / group);
    return grid[cell]! * (code - grid[cell + 1]!);
  });
  return { shape, q, grid, values, group };
}

/** X·W on the CPU: of codes, or where there are none of the floats. */
async function product(
  x: Float32Array<ArrayBuffer>,
  rows: number,
  { shape, q, grid, values, group }: Weight,
  orientation: 'nt' | 'nn',
): Promise<Float32Array> {
  const backend = new CpuBackend();
  const store = backend.createStore();
  const graph = new Graph();
  const hold = (
    name: string,
    dtype: 'f32' | 'i4',
    extents: readonly number[],
    data: ArrayBufferView<ArrayBuffer>,
  ) => {
    const tensor = graph.stored(name, dtype, extents);
    store.allocate(name, tensor);
    store.write(name, data);
    return tensor;
  };
  const operands = [
    hold('x', 'f32', [rows, x.length / rows], x),
    q ? hold('w', 'i4', shape, packNibbles(q, shape[1])) : hold('w', 'f32', shape, values),
    null,
    null,
    null,
    null,
    q ? hold('grid', 'f32', gridSpec(shape, group).shape, grid) : null,
  ];
  graph.output(
    'y',
    graph.apply(matmul, operands, { ...attributesOf(orientation), rowsPerSequence: rows })[0]!,
  );
  const program = await backend.compile(graph, store);
  program.run();
  return program.read('y');
}
