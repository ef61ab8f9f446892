import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
import type { DType, Tensor } from '../../graph/tensor.ts';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { gridSpec } from '../int4.ts';
import { matmul } from '../matmul/op.ts';
import { mergeWeight, type MergeWeightAttributes } from './op.ts';

/**
 * A kernel may fuse a multiplication with an addition, the reference sums in float64: v itself is alike to the usual
 * 1e-5·√r. But where every sum fits a float32 (here: small multiples of 1/64), there is nothing to round before v is
 * stored, and then all of it, 16-bit floats and codes too, is equal to the bit.
 */
type Pick = (scene: Scene, most: number) => number;
const fewBits: Pick = ({ random }, most) => (random.integer(2 * most + 1) - most) / 8;
const anyBits: Pick = ({ random }, most) => (random.normal() * most) / 16;

interface Sizes {
  readonly label: string;
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly from: DType;
  readonly masked?: boolean;
  readonly active?: number;
  readonly group?: number;
}

const sizes: Sizes[] = [
  { label: 'whole words', rows: 20, columns: 64, rank: 8, from: 'f32', masked: true, active: 6, group: 32 },
  { label: 'odd rows, no mask', rows: 7, columns: 33, rank: 5, from: 'f16', group: 8 },
  {
    label: 'odd rows, a short last group',
    rows: 13,
    columns: 45,
    rank: 3,
    from: 'bf16',
    masked: true,
    active: 2,
  },
  { label: 'one column', rows: 5, columns: 1, rank: 1, from: 'f32', masked: true },
  { label: 'one row', rows: 1, columns: 77, rank: 4, from: 'bf16', active: 3, group: 64 },
  { label: 'no active rank', rows: 4, columns: 40, rank: 4, from: 'f16', masked: true, active: 0 },
];

function operands(
  scene: Scene,
  { rows, columns, rank, from, masked, active }: Sizes,
  pick: Pick,
  trainable = false,
) {
  // Only the first row of the limits counts.
  const elastic = (i: number) => (i === 1 ? active! : rank - 1);
  return [
    scene.values('w', [rows, columns], () => pick(scene, 400), { dtype: from }),
    masked
      ? scene.integers('mask', [rows, Math.ceil(columns / 32)], () => scene.random.uint32(), 'u32')
      : null,
    scene.values('a', [rank, columns], () => pick(scene, 15), { trainable }),
    scene.values('b', [rows, rank], () => pick(scene, 15), { trainable }),
    active === undefined ? null : scene.integers('limits', [2, 2], elastic),
  ];
}

/** Steps of a power of two, so that many weights lie on a half. */
const dyadicGrid = (scene: Scene, { rows, columns, group = 16 }: Sizes) =>
  scene.values('grid', gridSpec([rows, columns], group).shape, (i) =>
    i % 2 ? scene.random.integer(16) : 2 ** (scene.random.integer(5) - 1),
  );

function merge(
  scene: Scene,
  inputs: readonly (Tensor | null)[],
  grid: Tensor | null,
  { active }: Sizes,
  dtype: MergeWeightAttributes['dtype'],
): Tensor {
  const group = active === undefined ? null : 1;
  return scene.graph.apply(mergeWeight, [...inputs, grid], { scale: 0.5, group, dtype })[0]!;
}

describe.each(sizes)('merged weight, $label, from $from', (size) => {
  it.each(['f32', 'f16', 'bf16', 'i4'] as const)('%s, to the bit where sums are exact', async (dtype) => {
    const scene = new Scene();
    const inputs = operands(scene, size, fewBits);
    scene.output(merge(scene, inputs, dtype === 'i4' ? dyadicGrid(scene, size) : null, size, dtype));
    const [found] = await expectGpuEqualsCpu(scene, 0);
    expect(found).toHaveLength(size.rows * size.columns);
  });

  it('f32, any numbers', async () => {
    const scene = new Scene(2);
    scene.output(merge(scene, operands(scene, size, anyBits), null, size, 'f32'));
    await expectGpuEqualsCpu(scene, size.rank);
  });

  it('i4, any numbers: codes differ by one at most, and only beside a half', async () => {
    const scene = new Scene(3);
    const inputs = operands(scene, size, anyBits);
    const steps = gridSpec([size.rows, size.columns], size.group ?? 16);
    const pair = (i: number) => (i % 2 ? scene.random.integer(16) : 2 + 4 * scene.random.next());
    const grid = scene.values('grid', steps.shape, pair);
    scene.output(merge(scene, inputs, grid, size, 'i4'), merge(scene, inputs, null, size, 'f32'));
    const [expected, merged] = await scene.run(new CpuBackend());
    const [codes] = await scene.run(await gpuBackend());
    codes!.forEach((code, i) => {
      const group = Math.floor((i % size.columns) / (size.group ?? 16));
      const delta = scene.stored.get('grid')![Math.floor(i / size.columns) * steps.shape[1]! + 2 * group]!;
      const quotient = Math.abs(merged![i]! / delta);
      const besideHalf = Math.abs(quotient - Math.floor(quotient) - 0.5) < 1e-4;
      expect(Math.abs(code - expected![i]!), `code ${i}`).toBeLessThanOrEqual(besideHalf ? 1 : 0);
    });
  });

  it.each(['f32', 'bf16', 'i4'] as const)('gradients through a module of %s', async (dtype) => {
    const scene = new Scene(4);
    const inputs = operands(scene, size, fewBits, true);
    const grid = dtype === 'i4' ? dyadicGrid(scene, size) : null;
    const weight = merge(scene, inputs, grid, size, dtype);
    const x = scene.normal('x', [6, size.columns], { trainable: true });
    const y = scene.graph.apply(matmul, [x, weight, null, null, null, null, grid], {
      orientation: 'nt',
      scale: 1,
      innerLimit: null,
      outerLimit: null,
      rowsPerSequence: 3,
    })[0]!;
    scene.output(y, ...scene.gradients(y).values());
    await expectGpuEqualsCpu(scene, size.columns);
  });
});

/** Between all powers of two around the dtype’s range: ties, subnormals, numbers that overflow. */
function spread({ random }: Scene, i: number, [low, high]: readonly [number, number]): number {
  const power = 2 ** (low + (i % (high - low + 1)));
  // Every other number has 13 bits: many are halfway between two that can be stored.
  const digits = i % 2 ? random.next() : random.integer(2 ** 12) / 2 ** 12;
  return (random.integer(2) ? -1 : 1) * power * (1 + digits);
}

describe('16-bit floats are those of the host', () => {
  it.each([
    { dtype: 'f16', powers: [-28, 17] },
    { dtype: 'bf16', powers: [-126, 127] },
  ] as const)('$dtype', async ({ dtype, powers }) => {
    const scene = new Scene(5);
    const largest = 2 ** 128 - 2 ** 104;
    const w = scene.values('w', [127, 129], (i) => (i === 0 ? largest : spread(scene, i, powers)));
    const [a, b] = [scene.values('a', [1, 129], () => 0), scene.values('b', [127, 1], () => 0)];
    const attributes = { scale: 1, group: null, dtype };
    scene.output(scene.graph.apply(mergeWeight, [w, null, a, b, null, null], attributes)[0]!);
    const [found] = await expectGpuEqualsCpu(scene, 0);
    expect(found![0]).toBe(Infinity);
  });
});
