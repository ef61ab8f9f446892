/** The reference data of `sparsepeft.json` and `qa-sparsepeft.json` in `../shared/golden-methods`, on any backend. */
import { describe, expect, it } from 'vitest';
import type { Backend, Store } from '../../backends/backend.ts';
import { CpuStore } from '../../backends/cpu/store.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { decodeArray, hasShared, readSharedJson, type EncodedArray } from '../../lib/golden.testing.ts';
import { readStored, Scene } from '../compare.testing.ts';
import { matmul } from '../matmul/op.ts';
import { writeRows } from '../rows/op.ts';
import { maskElements } from '../mask-elements/op.ts';
import { mergeWeight } from './op.ts';

const parts = ['Y', 'dA', 'dB', 'dX'] as const;

interface Case extends Record<(typeof parts)[number], EncodedArray> {
  readonly sparse_adapter: boolean;
  readonly rank: number;
  readonly dropout_p: number;
  readonly merged_weight?: EncodedArray;
  readonly zeros_after_merge: number;
}

interface Operands extends Record<'W' | 'A' | 'B' | 'X' | 'dY' | 'keep_mask', EncodedArray> {}

interface SparseCase extends Case {
  readonly name: string;
  readonly bias: boolean;
  readonly scaling: number;
  readonly max_abs_diff_float32_run: Readonly<Record<(typeof parts)[number], number>>;
}

interface SparseGolden extends Operands {
  readonly bias: EncodedArray;
  readonly cases: readonly SparseCase[];
}

interface QuantizedCase extends Case {
  readonly base_weight_source: 'sparse-float-weights' | 'dequantized-gptq-codes';
  readonly merged_codes: EncodedArray;
}

interface QuantizedGroup extends Operands {
  readonly name: string;
  readonly group_size: number;
  readonly scaling: number;
  readonly scales_f16: EncodedArray;
  readonly zeros: EncodedArray;
  readonly gptq_codes: EncodedArray;
  readonly rtn_codes_on_gptq_grid: EncodedArray;
  readonly cases: readonly QuantizedCase[];
}

type Open = () => Promise<Backend>;
type Real = 'float32' | 'float64';

const sparseFile = 'golden-methods/sparsepeft.json';
const quantizedFile = 'golden-methods/qa-sparsepeft.json';

/** Registers the tests, on the backend that `open` gives; `real` says what it computes in. */
export function mergeWeightGoldens(open: Open, real: Real): void {
  describe.skipIf(!hasShared(sparseFile))(`SparsePEFT, as its authors’ code computes it, ${real}`, () => {
    if (!hasShared(sparseFile)) return;
    const golden = readSharedJson<SparseGolden>(sparseFile);
    it.each(golden.cases)('$name, rank $rank of 8', async (expected) => {
      await expectSparse(await open(), golden, expected, real);
    });
  });

  describe.skipIf(!hasShared(quantizedFile))(
    `QA-SparsePEFT, as its authors’ code computes it, ${real}`,
    () => {
      if (!hasShared(quantizedFile)) return;
      const { groups } = readSharedJson<{ groups: readonly QuantizedGroup[] }>(quantizedFile);
      describe.each(groups)('$name', (group) => {
        const label =
          '$base_weight_source, adapter masked: $sparse_adapter, rank $rank of 8, dropout $dropout_p';
        it.each(group.cases)(label, async (expected) => {
          await expectQuantized(await open(), group, expected, real);
        });

        it('an adapter of zeros: the codes of rounding to nearest', async () => {
          const scene = new Scene();
          const operands = adapterInputs(scene, group, {
            base: decodeArray(group.W),
            masked: false,
            rank: 0,
          });
          const codes = merge(scene, operands, 1, storedGrid(scene, group));
          scene.graph.output('codes', codes);
          const { read } = await run(await open(), scene, {});
          expect([...(await read('codes'))]).toEqual([...decodeArray(group.rtn_codes_on_gptq_grid)]);
        });
      });
    },
  );
}

async function expectSparse(backend: Backend, golden: SparseGolden, expected: SparseCase, real: Real) {
  const scene = new Scene();
  const x = encoded(scene, 'X', golden.X, true);
  const base = decodeArray(golden.W);
  const adapter = { base, masked: expected.sparse_adapter, rank: expected.rank };
  const bias = expected.bias ? encoded(scene, 'bias', golden.bias) : null;
  let merged: Tensor;
  let y: Tensor;
  if (expected.dropout_p === 0) {
    merged = merge(scene, adapterInputs(scene, golden, adapter), expected.scaling);
    y = linear(scene, x, merged, { bias });
  } else {
    // Dropout on the adapter's path alone, which no merged weight has: L alone, beside the frozen weight.
    const frozen = linear(scene, x, encoded(scene, 'W', golden.W), { bias });
    const alone = { ...adapter, kept: base, base: base.map(() => 0) };
    merged = merge(scene, adapterInputs(scene, golden, alone), expected.scaling);
    y = linear(scene, dropped(scene, x, golden), merged, {
      addend: frozen,
      scale: 1 / (1 - expected.dropout_p),
    });
  }
  const { values } = await run(backend, scene, { ...outputs(scene, y, golden), merged });
  for (const part of parts) {
    const bound = real === 'float64' ? 1e-10 : 10 * expected.max_abs_diff_float32_run[part];
    expectNear(await values(part), expected[part], bound, part);
  }
  if (!expected.merged_weight) return;
  const found = await values('merged');
  expectNear(found, expected.merged_weight, real === 'float64' ? 1e-10 : 1e-5, 'merged weight');
  expect(found.filter((value) => value === 0).length).toBe(expected.zeros_after_merge);
}

async function expectQuantized(backend: Backend, group: QuantizedGroup, expected: QuantizedCase, real: Real) {
  const scene = new Scene();
  const x = encoded(scene, 'X', group.X, true);
  const arrived = expected.base_weight_source === 'dequantized-gptq-codes';
  const base = arrived ? dequantized(group) : decodeArray(group.W);
  const operands = adapterInputs(scene, group, {
    base,
    masked: expected.sparse_adapter,
    rank: expected.rank,
  });
  const grid = storedGrid(scene, group);
  const codes = merge(scene, operands, group.scaling, grid);
  const merged = merge(scene, operands, group.scaling);
  scene.graph.output('codes', codes);
  // Dropout also covers the base path.
  const input = expected.dropout_p === 0 ? x : dropped(scene, x, group);
  const y = linear(scene, input, codes, { grid, scale: 1 / (1 - expected.dropout_p) });
  const { values, read } = await run(backend, scene, { ...outputs(scene, y, group), merged });
  const found = [...(await read('codes'))];
  expect(found).toEqual([...decodeArray(expected.merged_codes)]);
  expectZeros(group, expected, found, base);
  for (const part of parts) expectWithin(await values(part), expected[part], group, real, part);
  if (expected.merged_weight)
    expectWithin(await values('merged'), expected.merged_weight, group, real, 'merged weight');
}

/** Codes of zero: as many as in the reference, and every one that the mask demands. */
function expectZeros(
  group: QuantizedGroup,
  { zeros_after_merge, sparse_adapter }: QuantizedCase,
  codes: readonly number[],
  base: Float64Array,
): void {
  const { zero } = gridOf(group);
  const isZero = codes.map((code, i) => code === zero(i));
  expect(isZero.filter(Boolean).length).toBe(zeros_after_merge);
  if (sparse_adapter) expect(isZero.filter((zeroed, i) => base[i] === 0 && !zeroed)).toEqual([]);
}

/** 1e-10 in float64; in float32 the rule of every kernel test: 1e-5·√K·scale. */
function expectWithin(
  found: readonly number[],
  array: EncodedArray,
  group: QuantizedGroup,
  real: Real,
  label: string,
): void {
  const scale = decodeArray(array).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const bound = real === 'float64' ? 1e-10 : 1e-5 * Math.sqrt(Math.max(...group.W.shape)) * scale;
  expectNear(found, array, bound, label);
}

interface Adapter {
  readonly base: Float64Array;
  readonly masked: boolean;
  readonly rank: number;
  /** Whose zeros are the mask, where that is not the base. */
  readonly kept?: Float64Array;
}

function merge(
  scene: Scene,
  operands: readonly (Tensor | null)[],
  scale: number,
  grid: Tensor | null = null,
) {
  return scene.graph.apply(mergeWeight, [...operands, grid], {
    scale,
    group: 0,
    dtype: grid ? 'i4' : 'f32',
  })[0]!;
}

function storedGrid(scene: Scene, group: QuantizedGroup): Tensor {
  const deltas = decodeArray(group.scales_f16);
  const zeros = decodeArray(group.zeros);
  const [rows, groups] = group.zeros.shape as [number, number];
  return scene.values('grid', [rows, 2 * groups], (i) => (i % 2 ? zeros : deltas)[i >> 1]!);
}

function adapterInputs(scene: Scene, golden: Operands, { base, kept = base, masked, rank }: Adapter) {
  const shape = golden.W.shape as [number, number];
  return [
    scene.values('base', shape, (i) => base[i]!),
    masked ? bitMask(scene, 'mask', shape, (i) => kept[i] !== 0) : null,
    encoded(scene, 'A', golden.A, true),
    encoded(scene, 'B', golden.B, true),
    scene.integers('limits', [1, 1], () => rank),
  ];
}

/** X ⊙ keep; the factor 1 / (1 − p) is the next matmul's. */
function dropped(scene: Scene, x: Tensor, { keep_mask }: Operands): Tensor {
  const keep = decodeArray(keep_mask);
  const bits = bitMask(scene, 'keep', x.shape as [number, number], (i) => keep[i] === 1);
  return scene.graph.apply(maskElements, [x, bits], {})[0]!;
}

function bitMask(
  scene: Scene,
  name: string,
  [rows, columns]: [number, number],
  keeps: (i: number) => boolean,
): Tensor {
  const words = Math.ceil(columns / 32);
  const bits = new Uint32Array(rows * words);
  for (let i = 0; i < rows * columns; i++) {
    const column = i % columns;
    if (keeps(i)) bits[Math.floor(i / columns) * words + (column >>> 5)]! |= 1 << (column & 31);
  }
  return scene.integers(name, [rows, words], (i) => bits[i]!, 'u32');
}

/** An array of the file as a stored matrix: leading axes are folded into rows. */
function encoded(scene: Scene, name: string, array: EncodedArray, trainable = false): Tensor {
  const values = decodeArray(array);
  const columns = array.shape.at(-1)!;
  const shape = array.shape.length === 1 ? [columns] : [values.length / columns, columns];
  return scene.values(name, shape, (i) => values[i]!, { trainable });
}

interface Linear {
  readonly addend?: Tensor;
  readonly bias?: Tensor | null;
  readonly grid?: Tensor;
  readonly scale?: number;
}

function linear(scene: Scene, x: Tensor, w: Tensor, { addend, bias, grid, scale = 1 }: Linear): Tensor {
  return scene.graph.apply(matmul, [x, w, addend ?? null, bias ?? null, null, null, grid ?? null], {
    orientation: 'nt',
    scale,
    innerLimit: null,
    outerLimit: null,
    rowsPerSequence: x.shape[0]!,
  })[0]!;
}

/** Y and the gradients of Σ Y·dY. */
function outputs(scene: Scene, y: Tensor, golden: Operands): Record<string, Tensor> {
  const gradients = scene.gradients(y, encoded(scene, 'dY', golden.dY));
  const of = (name: string) => gradients.get(name)!;
  return { Y: y, dA: of('A'), dB: of('B'), dX: of('X') };
}

/** Runs once. What it shall keep is written to the store, where the CPU in float64 keeps doubles. */
async function run(backend: Backend, scene: Scene, kept: Record<string, Tensor>) {
  const row = scene.integers('row', [1], () => 0);
  for (const [name, tensor] of Object.entries(kept))
    scene.graph.apply(writeRows, [scene.values(`kept ${name}`, tensor.shape, () => 0), tensor, row], {});
  const store = backend.createStore();
  scene.fill(store);
  const program = await backend.compile(scene.graph, store);
  for (const [name, data] of scene.inputs) program.write(name, data);
  program.run();
  return {
    values: async (name: string) => [...(await numbers(store, `kept ${name}`))],
    read: (name: string) => program.read(name),
  };
}

async function numbers(store: Store, name: string): Promise<ArrayLike<number> & Iterable<number>> {
  return store instanceof CpuStore ? store.tensor(name).data : readStored(store, name);
}

function expectNear(found: readonly number[], array: EncodedArray, bound: number, label: string): void {
  const expected = decodeArray(array);
  expect(found.length, label).toBe(expected.length);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
  expect(worst, label).toBeLessThanOrEqual(bound);
}

/** δ and z of every element. */
function gridOf({ W, group_size, scales_f16, zeros }: QuantizedGroup) {
  const columns = W.shape[1]!;
  const [deltas, points] = [decodeArray(scales_f16), decodeArray(zeros)];
  const cell = (i: number) =>
    Math.floor(i / columns) * zeros.shape[1]! + Math.floor((i % columns) / group_size);
  return { delta: (i: number) => deltas[cell(i)]!, zero: (i: number) => points[cell(i)]! };
}

/** The weight that a model holds which arrives as INT4: δ·(q − z). */
function dequantized(group: QuantizedGroup): Float64Array {
  const { delta, zero } = gridOf(group);
  return decodeArray(group.gptq_codes).map((code, i) => delta(i) * (code - zero(i)));
}
