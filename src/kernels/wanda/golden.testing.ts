/** The reference data of `../shared/golden-methods/wanda.json` against any backend. */
import { describe, expect, it } from 'vitest';
import type { Backend, Store } from '../../backends/backend.ts';
import { Graph } from '../../graph/graph.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { decodeArray, hasShared, readSharedJson, type EncodedArray } from '../../lib/golden.testing.ts';
import { fromFloat32 } from '../../lib/half.ts';
import { readStored } from '../compare.testing.ts';
import { columnSquares, gated, matmul, prune, type PruneAttributes } from '../ops.ts';

interface Result {
  readonly setting: string;
  readonly ratio: number | null;
  readonly n: number | null;
  readonly m: number | null;
  readonly pruned_total: number;
  readonly pruned_mask: EncodedArray;
  /** N:M only: any choice among these is right. */
  readonly tie_positions?: EncodedArray;
}

interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly n_sequences: number;
    readonly W: EncodedArray;
    readonly X: EncodedArray;
    readonly results: readonly Result[];
    readonly mean_squared_norm: EncodedArray;
  }[];
  readonly accumulation: {
    readonly steps: readonly {
      readonly X: EncodedArray;
      readonly mean_squared_norm_after: EncodedArray;
      readonly n_sequences_after: number;
    }[];
    readonly closed_form_f64: EncodedArray;
  };
  readonly sequential: {
    readonly X: EncodedArray;
    readonly modules: readonly {
      readonly block: number;
      readonly module: 'gate' | 'up' | 'down';
      readonly W: EncodedArray;
      readonly mean_squared_norm: EncodedArray;
      readonly pruned_mask: EncodedArray;
    }[];
    readonly output_after_both_f64: EncodedArray;
  };
}

const file = 'golden-methods/wanda.json';
const reals = (array: EncodedArray) => Float32Array.from(decodeArray(array));
const flags = (array: EncodedArray) => Array.from(decodeArray(array), Boolean);

/** Registers the tests, on the backend that `open` gives. */
export function wandaGoldens(open: () => Promise<Backend>): void {
  describe.skipIf(!hasShared(file))('Wanda, as its authors’ code computes it', () => {
    if (!hasShared(file)) return;
    const golden = readSharedJson<Golden>(file);

    describe.each(golden.cases)('$name', ({ n_sequences: sequences, W, X, results, mean_squared_norm }) => {
      it('column norms', async () => {
        const store = await measured(await open(), X);
        expectNorms(await readStored(store, 'sums'), sequences, mean_squared_norm);
      });

      it.each(results)('mask at $setting', async (result) => {
        const backend = await open();
        const store = await measured(backend, X);
        expectPruned(await pruned(backend, store, W, 'sums', result, sequences), result);
      });
    });

    it('accumulation over batches of different shapes counts sequences, not tokens', async () => {
      const backend = await open();
      const store = backend.createStore();
      for (const { X, mean_squared_norm_after, n_sequences_after } of golden.accumulation.steps) {
        await measured(backend, X, store);
        expectNorms(await readStored(store, 'sums'), n_sequences_after, mean_squared_norm_after);
      }
      const total = golden.accumulation.steps.at(-1)!.n_sequences_after;
      expectNorms(await readStored(store, 'sums'), total, golden.accumulation.closed_form_f64);
    });

    it('two blocks in sequence: scored unpruned, the next one fed by the pruned output', async () => {
      await expectSequential(await open(), golden.sequential);
    });
  });
}

/** Sums of squares of X [sequences, tokens, in] (or of one sequence [tokens, in]) in the store's `sums`. */
async function measured(
  backend: Backend,
  encoded: EncodedArray,
  store = backend.createStore(),
): Promise<Store> {
  const shape = encoded.shape.length === 2 ? [1, ...encoded.shape] : encoded.shape;
  const [sequences, tokens, columns] = shape as [number, number, number];
  store.allocate('sums', { dtype: 'f32', shape: [columns] });
  const graph = new Graph();
  const x = graph.input('x', 'f32', [sequences * tokens, columns]);
  const lengths = graph.input('lengths', 'i32', [sequences]);
  graph.apply(columnSquares, [graph.stored('sums', 'f32', [columns]), x, lengths], {
    rowsPerSequence: tokens,
  });
  const program = await backend.compile(graph, store);
  program.write('x', reals(encoded));
  program.write('lengths', new Int32Array(sequences).fill(tokens));
  program.run();
  program.dispose();
  return store;
}

function expectNorms(sums: ArrayLike<number>, sequences: number, expected: EncodedArray): void {
  decodeArray(expected).forEach((mean, column) => {
    expect(Math.abs(sums[column]! / sequences - mean), `column ${column}`).toBeLessThanOrEqual(1e-5 * mean);
  });
}

/** Puts `W` and its mask into the store, prunes, and returns which weights fell. */
async function pruned(
  backend: Backend,
  store: Store,
  W: EncodedArray,
  sums: string,
  { ratio, n, m }: Pick<Result, 'ratio' | 'n' | 'm'>,
  sequences: number,
  name = 'w',
) {
  const [rows, columns] = W.shape as [number, number];
  const words = Math.ceil(columns / 32);
  const dtype = W.dtype === 'f16' ? 'f16' : 'f32';
  store.allocate(name, { dtype, shape: W.shape });
  store.write(name, fromFloat32(reals(W), dtype));
  store.allocate(`${name}.mask`, { dtype: 'u32', shape: [rows, words] });
  const rule: PruneAttributes['rule'] =
    ratio === null ? { n: n!, m: m! } : { count: Math.floor(columns * ratio) };
  const graph = new Graph();
  const operands = [
    graph.stored(`${name}.mask`, 'u32', [rows, words]),
    graph.stored(name, dtype, W.shape),
    graph.stored(sums, 'f32', [columns]),
  ];
  graph.apply(prune, operands, { rule, inverseCount: 1 / sequences });
  const program = await backend.compile(graph, store);
  program.run();
  const mask = await readStored(store, `${name}.mask`);
  program.dispose();
  return Array.from({ length: rows * columns }, (_, i) => {
    const column = i % columns;
    return ((mask[Math.floor(i / columns) * words + (column >>> 5)]! >>> (column & 31)) & 1) === 0;
  });
}

function expectPruned(
  found: readonly boolean[],
  { pruned_mask, pruned_total, tie_positions, m }: Result,
): void {
  const expected = flags(pruned_mask);
  if (!tie_positions) return expect(found).toEqual(expected);
  const tied = flags(tie_positions);
  expect(found.filter((_, i) => !tied[i])).toEqual(expected.filter((_, i) => !tied[i]));
  expect(found.filter(Boolean).length).toBe(pruned_total);
  // As many fall in every group, whichever of the tied ones.
  const perGroup = (all: readonly boolean[]) => {
    const counts = Array.from({ length: Math.ceil(all.length / m!) }, () => 0);
    all.forEach((fell, i) => (counts[Math.floor(i / m!)]! += Number(fell)));
    return counts;
  };
  expect(perGroup(found)).toEqual(perGroup(expected));
}

async function expectSequential(
  backend: Backend,
  { X, modules, output_after_both_f64 }: Golden['sequential'],
): Promise<void> {
  const [sequences, tokens] = X.shape as [number, number];
  const store = backend.createStore();
  let x = reals(X);
  for (const block of [0, 1]) {
    const own = modules.filter((module) => module.block === block);
    for (const { module, W } of own) {
      store.allocate(`${block}.${module}`, { dtype: 'f32', shape: W.shape });
      store.write(`${block}.${module}`, reals(W));
      store.allocate(`${block}.${module}.sums`, { dtype: 'f32', shape: [W.shape[1]!] });
    }
    await runBlock(backend, store, block, x, sequences, tokens, false);
    for (const { module, W, mean_squared_norm, pruned_mask } of own) {
      const name = `${block}.${module}`;
      expectNorms(await readStored(store, `${name}.sums`), sequences, mean_squared_norm);
      const found = await pruned(
        backend,
        store,
        W,
        `${name}.sums`,
        { ratio: 0.5, n: null, m: null },
        sequences,
        name,
      );
      expect(found, name).toEqual(flags(pruned_mask));
    }
    x = await runBlock(backend, store, block, x, sequences, tokens, true);
  }
  const expected = decodeArray(output_after_both_f64);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - x[i]!)), 0);
  expect(worst).toBeLessThan(1e-5 * Math.sqrt(48) * scale);
}

/** y = x + down(silu(gate(x)) · up(x)), masked, or else with the modules' inputs measured. */
async function runBlock(
  backend: Backend,
  store: Store,
  block: number,
  x: Float32Array<ArrayBuffer>,
  sequences: number,
  tokens: number,
  masked: boolean,
) {
  const graph = new Graph();
  const lengths = graph.input('lengths', 'i32', [sequences]);
  const linear = (module: string, input: Tensor, addend: Tensor | null) => {
    const name = `${block}.${module}`;
    const { shape } = store.spec(name);
    const [rows, columns] = shape as [number, number];
    const mask = masked ? graph.stored(`${name}.mask`, 'u32', [rows, Math.ceil(columns / 32)]) : null;
    if (!masked)
      graph.apply(columnSquares, [graph.stored(`${name}.sums`, 'f32', [columns]), input, lengths], {
        rowsPerSequence: tokens,
      });
    const attributes = {
      orientation: 'nt',
      scale: 1,
      innerLimit: null,
      outerLimit: null,
      rowsPerSequence: tokens,
    } as const;
    return graph.apply(
      matmul,
      [input, graph.stored(name, 'f32', shape), addend, null, null, mask],
      attributes,
    )[0]!;
  };
  const rows = sequences * tokens;
  const input = graph.input('x', 'f32', [rows, x.length / rows]);
  const [active] = graph.apply(gated, [linear('gate', input, null), linear('up', input, null)], {
    kind: 'silu',
  });
  graph.output('y', linear('down', active!, input));
  const program = await backend.compile(graph, store);
  program.write('x', x);
  program.write('lengths', new Int32Array(sequences).fill(tokens));
  program.run();
  const y = await program.read('y');
  program.dispose();
  return Float32Array.from(y);
}
