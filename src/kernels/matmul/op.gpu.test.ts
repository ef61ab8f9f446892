import { describe, expect, it } from 'vitest';
import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
import type { Op } from '../../graph/op.ts';
import { plainTraits } from '../../graph/traits.testing.ts';
import { expectGpuEqualsCpu, expectVariantsEqualCpu, Scene } from '../compare.testing.ts';
import { matmulDispatches } from './dispatches.ts';
import { matmul, matmulInto, type MatmulAttributes, type Orientation } from './op.ts';

interface Sizes {
  rows: number;
  inner: number;
  columns: number;
}

const sizes: Sizes[] = [
  { rows: 1, inner: 4, columns: 4 },
  // Sequences of 11 rows: tiles of four straddle two of them.
  { rows: 35, inner: 64, columns: 172 },
  // Few rows have a kernel of their own: odd numbers of vec4s, columns that do not divide by four.
  { rows: 2, inner: 44, columns: 37 },
  { rows: 6, inner: 17, columns: 5 },
  { rows: 33, inner: 12, columns: 109 },
  // The tiled `tn`: rows and columns divide by four, the inner sum (tokens) does not.
  { rows: 36, inner: 35, columns: 20 },
];
const orientations: Orientation[] = ['nt', 'nn', 'tn'];

/** Group sizes and shapes of INT4: rows of half a word, short last groups, groups that 16 columns straddle. */
const int4Sizes: (Sizes & { group: number })[] = [
  { rows: 1, inner: 64, columns: 24, group: 32 },
  { rows: 2, inner: 172, columns: 37, group: 8 },
  { rows: 35, inner: 64, columns: 172, group: 64 },
  { rows: 9, inner: 172, columns: 100, group: 128 },
  { rows: 33, inner: 12, columns: 108, group: 8 },
  { rows: 6, inner: 17, columns: 5, group: 8 },
  { rows: 11, inner: 36, columns: 109, group: 16 },
];

function shapes(orientation: Orientation, { rows, inner, columns }: Sizes) {
  return {
    x: orientation === 'tn' ? [inner, rows] : [rows, inner],
    w: orientation === 'nt' ? [columns, inner] : [inner, columns],
  };
}

describe('matmul', () => {
  for (const orientation of orientations) {
    for (const size of sizes) {
      const { rows, inner, columns } = size;
      const plain = { orientation, scale: 1, innerLimit: null, outerLimit: null, rowsPerSequence: rows };
      const label = `${orientation} ${rows}×${inner}×${columns}`;

      it(label, async () => {
        const scene = new Scene();
        const { x, w } = shapes(orientation, size);
        const inputs = [scene.normal('x', x), scene.normal('w', w), null, null, null, null];
        scene.output(scene.graph.apply(matmul, inputs, plain)[0]!);
        await expectGpuEqualsCpu(scene, inner);
      });

      it(`${label}, limits, addend, scale`, async () => {
        const scene = new Scene(2);
        const { x, w } = shapes(orientation, size);
        const tokens = orientation === 'tn' ? inner : rows;
        const rowsPerSequence = Math.max(1, Math.floor(tokens / 3));
        const sequences = Math.ceil(tokens / rowsPerSequence);
        const full = [orientation === 'tn' ? rows : inner, columns];
        const limits = scene.integers('limits', [sequences, 2], (i) =>
          scene.random.integer(full[i % 2]! + 1),
        );
        const inputs = [
          scene.normal('x', x),
          scene.normal('w', w),
          scene.normal('c', [rows, columns]),
          null,
          limits,
          null,
        ];
        const attributes = { ...plain, scale: 0.5, innerLimit: 0, outerLimit: 1, rowsPerSequence };
        scene.output(scene.graph.apply(matmul, inputs, attributes)[0]!);
        await expectGpuEqualsCpu(scene, inner);
      });

      if (orientation === 'tn') continue;
      for (const dtype of ['f16', 'bf16'] as const) {
        it(`${label}, ${dtype} weights and bias, element mask`, async () => {
          const scene = new Scene(3);
          const { x, w } = shapes(orientation, size);
          const words = Math.ceil(w[1]! / 32);
          const mask = scene.integers(
            'mask',
            [w[0]!, words],
            () => Math.floor(scene.random.next() * 2 ** 32),
            'u32',
          );
          const inputs = [
            scene.normal('x', x),
            scene.normal('w', w, { dtype }),
            null,
            scene.normal('b', [columns], { dtype }),
            null,
            mask,
          ];
          scene.output(scene.graph.apply(matmul, inputs, plain)[0]!);
          await expectGpuEqualsCpu(scene, inner);
        });
      }
    }
  }
});

describe('matmul of INT4 codes', () => {
  for (const orientation of ['nt', 'nn'] as const) {
    for (const { group, ...size } of int4Sizes) {
      const { rows, inner, columns } = size;
      const attributes = { orientation, scale: 1, innerLimit: null, outerLimit: null, rowsPerSequence: rows };
      const label = `${orientation} ${rows}×${inner}×${columns}, groups of ${group}`;
      const { x, w } = shapes(orientation, size);

      it(label, async () => {
        const scene = new Scene(4);
        const { codes, grid } = scene.int4('w', w as [number, number], group);
        const inputs = [scene.normal('x', x), codes, null, null, null, null, grid];
        scene.output(scene.graph.apply(matmul, inputs, attributes)[0]!);
        await expectGpuEqualsCpu(scene, inner);
      });

      it(`${label}, limits, addend, bias, scale`, async () => {
        const scene = new Scene(5);
        const { codes, grid } = scene.int4('w', w as [number, number], group);
        const rowsPerSequence = Math.max(1, Math.floor(rows / 3));
        const limits = scene.integers('limits', [Math.ceil(rows / rowsPerSequence), 2], (i) =>
          scene.random.integer([inner, columns][i % 2]! + 1),
        );
        const addend = scene.normal('c', [rows, columns]);
        const inputs = [
          scene.normal('x', x),
          codes,
          addend,
          scene.normal('b', [columns]),
          limits,
          null,
          grid,
        ];
        const limited = { ...attributes, scale: 0.5, innerLimit: 0, outerLimit: 1, rowsPerSequence };
        scene.output(scene.graph.apply(matmul, inputs, limited)[0]!);
        await expectGpuEqualsCpu(scene, inner);
      });

      it(`${label}, gradients of X and, straight-through, of W`, async () => {
        const scene = new Scene(6);
        const { codes, grid } = scene.int4('w', w as [number, number], group, true);
        const inputs = [scene.normal('x', x, { trainable: true }), codes, null, null, null, null, grid];
        const [y] = scene.graph.apply(matmul, inputs, attributes);
        scene.output(...scene.gradients(y!).values());
        await expectGpuEqualsCpu(scene, Math.max(columns, rows));
      });
    }
  }
});

/** Multiply–accumulates of a part: a tile of 32 × 32 with sums of 36, and little more. */
const fewMacs = 50_000;

/** The same matmul in many small dispatches. */
const inParts = (op: Op<MatmulAttributes>): Op<MatmulAttributes> => ({
  ...op,
  dispatches: (node, device) => matmulDispatches(node, device, fewMacs),
});

/** One matmul, whole or in parts; the scene's numbers are the same every time. */
function oneOf(
  op: Op<MatmulAttributes>,
  orientation: Orientation,
  { rows, inner, columns }: Sizes,
  kind: 'f32' | 'f16' | 'int4',
  sequences = 7,
): Scene {
  const scene = new Scene(7);
  const { x, w } = shapes(orientation, { rows, inner, columns });
  const tokens = orientation === 'tn' ? inner : rows;
  // Sequences begin and end within tiles and within parts.
  const rowsPerSequence = Math.max(1, Math.floor(tokens / sequences));
  const full = [orientation === 'tn' ? rows : inner, columns];
  const limits = scene.integers('limits', [Math.ceil(tokens / rowsPerSequence), 2], (i) =>
    scene.random.integer(full[i % 2]! + 1),
  );
  const masks = () =>
    scene.integers('mask', [w[0]!, Math.ceil(w[1]! / 32)], () => scene.random.next() * 2 ** 32, 'u32');
  const int4 = kind === 'int4' ? scene.int4('w', w as [number, number], 16) : null;
  const values = int4?.codes ?? scene.normal('w', w, { dtype: kind === 'f16' ? 'f16' : 'f32' });
  const mask = kind === 'f16' ? masks() : null;
  const inputs = [
    scene.normal('x', x),
    values,
    scene.normal('c', [rows, columns]),
    scene.normal('b', [columns]),
    limits,
    mask,
    int4?.grid ?? null,
  ];
  const attributes = { orientation, scale: 0.5, innerLimit: 0, outerLimit: 1, rowsPerSequence };
  scene.output(scene.graph.apply(op, inputs, attributes)[0]!);
  return scene;
}

describe('every variant', () => {
  // Squares of 64 and of 32 that Y fills in part, an inner sum that ends within a slice; few rows; few columns.
  const ragged: Sizes = { rows: 76, inner: 44, columns: 68 };
  const narrow: Sizes = { rows: 36, inner: 52, columns: 8 };
  const flat: Sizes = { rows: 8, inner: 36, columns: 44 };
  const row: Sizes = { rows: 2, inner: 556, columns: 37 };
  for (const kind of ['f16', 'int4'] as const) {
    it(`few rows, ${kind}`, async () => {
      await expectVariantsEqualCpu(oneOf(matmul, 'nt', row, kind), row.inner);
    });
  }
  it('few columns of a weight gradient, limits', async () => {
    await expectVariantsEqualCpu(oneOf(matmul, 'tn', { rows: 8, inner: 91, columns: 20 }, 'f32'), 91);
  });
  for (const orientation of orientations) {
    // Those of 16 bits have a mask and a bias.
    for (const kind of orientation === 'tn' ? (['f32'] as const) : (['f16', 'int4'] as const)) {
      // Of 8 and of 10 rows, or of 22 and of 6 tokens: ends between the rows of a lane, and within them.
      for (const sequences of orientation === 'tn' ? [2, 7] : [9, 7]) {
        const label = `${orientation}, ${kind}, limits of ${sequences} sequences`;
        it(label, async () => {
          await expectVariantsEqualCpu(oneOf(matmul, orientation, ragged, kind, sequences), ragged.inner);
        });
      }
    }
    for (const size of [ragged, narrow, flat]) {
      it(`${orientation} ${size.rows}×${size.inner}×${size.columns} without limits`, async () => {
        const scene = new Scene(8);
        const { x, w } = shapes(orientation, size);
        const attributes = {
          orientation,
          scale: 1,
          innerLimit: null,
          outerLimit: null,
          rowsPerSequence: size.rows,
        };
        const inputs = [scene.normal('x', x), scene.normal('w', w), null, null, null, null];
        scene.output(scene.graph.apply(matmul, inputs, attributes)[0]!);
        await expectVariantsEqualCpu(scene, size.inner);
      });
    }
  }
});

describe('a matmul in several dispatches', () => {
  // Tiled kernels and those of subgroups, the naive one, and the two for few rows.
  const wide: Sizes[] = [
    { rows: 132, inner: 36, columns: 172 },
    { rows: 75, inner: 37, columns: 149 },
    { rows: 2, inner: 1024, columns: 132 },
  ];
  for (const orientation of orientations) {
    for (const size of wide) {
      for (const kind of orientation === 'tn' ? (['f32'] as const) : (['f32', 'f16', 'int4'] as const)) {
        it(`${orientation} ${size.rows}×${size.inner}×${size.columns}, ${kind}: the bits of one`, async () => {
          const backend = await gpuBackend();
          const whole = oneOf(matmul, orientation, size, kind);
          const parts = oneOf(inParts(matmul), orientation, size, kind);
          const node = parts.graph.nodes[0]!;
          const dispatches = node.op.dispatches(node, plainTraits);
          expect(dispatches.length).toBeGreaterThan(1);
          const macs = size.rows * size.inner * size.columns;
          expect(dispatches.reduce((sum, { work }) => sum + work, 0)).toBe(macs);
          const expected = await whole.run(backend);
          expect(await parts.run(backend)).toEqual(expected);
          expect(await parts.run(backend)).toEqual(expected);
          await expectGpuEqualsCpu(parts, size.inner);
        });
      }
    }
    for (const op of [matmulInto, inParts(matmulInto)]) {
      const parts = op === matmulInto ? 'whole' : 'in parts';
      it(`${orientation} added in place, ${parts}: the bits of matmul, and then twice`, async () => {
        const backend = await gpuBackend();
        const expected = await oneOf(matmul, orientation, wide[0]!, 'f32').run(backend);
        const scene = oneOf(op, orientation, wide[0]!, 'f32');
        expect(await scene.run(backend)).toEqual(expected);
        await expectGpuEqualsCpu(scene, wide[0]!.inner, 2);
      });
    }
  }
});
