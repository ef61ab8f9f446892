import { expect, it } from 'vitest';
import { Scene } from '../../kernels/compare.testing.ts';
import { tinyLlama } from '../../kernels/llama.testing.ts';
import { add, crossEntropy, gatherRows, matmul } from '../../kernels/ops.ts';
import type { HostArray } from '../backend.ts';
import { CpuBackend } from '../cpu/cpu.ts';
import { kernels } from './commands/command.ts';
import { WasmMemory } from './memory.ts';
import { kernelModule } from './module.ts';
import { startNodeThread } from './node-threads.ts';
import { ThreadPool } from './pool.ts';
import { WasmProgram } from './program.ts';
import { WasmStore } from './store.ts';
import { WasmBackend } from './wasm.ts';

/** Several times, so that helpers that come up meanwhile take part. */
async function outputs(scene: Scene, threads: number): Promise<HostArray[]> {
  const backend = await WasmBackend.open({ threads, start: startNodeThread });
  await scene.run(backend);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const found = await scene.run(backend, 20);
  backend.dispose();
  return found;
}

it.each([2, 3, 5])('%i threads compute the bits of one', async (threads) => {
  const model = new Scene(7);
  const losses = tinyLlama(model, { dtype: 'f16' });
  model.output(losses, ...model.gradients(losses).values());
  expect(await outputs(model, threads)).toEqual(await outputs(model, 1));

  const product = new Scene(8);
  const attributes = { scale: 1, innerLimit: null, outerLimit: null, rowsPerSequence: 1 };
  for (const [rows, inner, columns] of [
    [75, 37, 149],
    [3, 64, 1030],
    [1, 33, 70],
  ] as const) {
    const [x, w] = [product.normal(`x${rows}`, [rows, inner]), product.normal(`w${rows}`, [columns, inner])];
    product.output(product.graph.apply(matmul, [x, w], { orientation: 'nt', ...attributes })[0]!);
  }
  expect(await outputs(product, threads)).toEqual(await outputs(product, 1));
});

it('a program gives back what it took', async () => {
  const scene = new Scene(9);
  scene.output(tinyLlama(scene, { dtype: 'bf16' }));
  const backend = await WasmBackend.open();
  const store = backend.createStore();
  scene.fill(store);
  /** Where there is room first. */
  const place = () => {
    store.allocate('probe', { dtype: 'f32', shape: [64] });
    const at = store.address('probe');
    store.remove('probe');
    return at;
  };
  const places: number[] = [];
  for (let i = 0; i < 3; i++) {
    const program = await backend.compile(scene.graph, store);
    places.push(place());
    program.dispose();
    places.push(place());
  }
  const [held, free] = places;
  expect(held).toBeGreaterThan(free!);
  expect(places.slice(2)).toEqual([held, free, held, free]);
});

it('what finds no room says so, and what it needs', async () => {
  const store = (await WasmBackend.open()).createStore();
  store.allocate('first', { dtype: 'f32', shape: [250_000] });
  expect(() => store.allocate('second', { dtype: 'f32', shape: [5 * 2 ** 28] })).toThrow(
    'The device has no room for second: 5120 MiB, beside the 1 MiB that are held.',
  );
});

it('a program that finds no room leaves everything free', async () => {
  const scene = new Scene(10);
  const x = scene.graph.input('x', 'f32', [2 ** 14, 1]);
  const small = scene.graph.apply(add, [x, x], {})[0]!;
  const row = scene.graph.input('row', 'f32', [2 ** 15, 1]);
  const attributes = { scale: 1, innerLimit: null, outerLimit: null, rowsPerSequence: 1 };
  // 2¹⁴ × 2¹⁵ products are 2 GiB, and their sum with themselves as many.
  const product = scene.graph.apply(matmul, [small, row], { orientation: 'nt', ...attributes })[0]!;
  scene.output(scene.graph.apply(add, [product, product], {})[0]!, product);
  const memory = new WasmMemory();
  const pool = await ThreadPool.open(await kernelModule(), memory, 0, startNodeThread);
  const before = memory.held;
  const compile = () => new WasmProgram(scene.graph, new WasmStore(memory), memory, pool);
  expect(compile).toThrow(expect.objectContaining({ code: 'out-of-memory' }));
  expect(memory.held).toBe(before);
  expect(() => pool.reserve(2 ** 33)).toThrow(expect.objectContaining({ code: 'out-of-memory' }));
});

/** As `add` reads it (wasm/elementwise.ts): 32 numbers, of which each of two threads writes 16. */
const addTo = (y: number) => [kernels.indexOf('add'), 40, 2 ** 16, 2 ** 16, 0, y, 0, 32, 0, 0];

it.each([
  { who: 'the helper', write: (end: number) => end - 64 },
  { who: 'the thread that asks', write: () => 2 ** 32 - 64 },
])('is lost where $who traps, and hangs nobody', async ({ write }) => {
  const memory = new WasmMemory();
  const pool = await ThreadPool.open(await kernelModule(), memory, 1, startNodeThread);
  expect(pool.threads).toBe(2);
  const at = memory.allocate(40);
  memory.words(at, 10).set(addTo(write(memory.memory.buffer.byteLength)));
  expect(() => pool.run(at, at + 40)).toThrow(WebAssembly.RuntimeError);
  expect(await pool.lost).toContain('A kernel failed on the CPU');
  memory.words(at, 10).set(addTo(memory.allocate(128)));
  expect(() => pool.run(at, at + 40)).toThrow(WebAssembly.RuntimeError);
});

it('reads no row and writes no number outside of its tensors', async () => {
  const scene = new Scene(11);
  const ids = scene.integers('ids', [4], (i) => [1, 9, -1, 2 ** 30][i]!);
  scene.output(scene.graph.apply(gatherRows, [scene.normal('table', [3, 5]), ids], {})[0]!);
  const targets = scene.integers('targets', [3], (i) => [2, 7, -1][i]!);
  const logits = scene.normal('logits', [3, 7], { trainable: true });
  const [loss, lse] = scene.graph.apply(crossEntropy, [logits, targets], {});
  scene.output(loss!, lse!, scene.gradients(loss!).get('logits')!);
  const backend = await WasmBackend.open();
  const found = await scene.run(backend);
  const expected = await scene.run(new CpuBackend());
  const [rows, losses] = found;
  expect([...rows!.subarray(5)]).toEqual(Array.from({ length: 15 }, () => 0));
  expect([...losses!].map(Number.isNaN)).toEqual([false, true, false]);
  found.slice(1).forEach((values, output) => {
    values.forEach((value, i) => expect(value || 0).toBeCloseTo(expected[output + 1]![i]! || 0, 4));
  });
});

it('frees the commands of a run while the last helper leaves it', async () => {
  const backend = await WasmBackend.open({ threads: 4, start: startNodeThread });
  const store = backend.createStore();
  const scene = new Scene(3);
  const [a, b] = [scene.normal('a', [64, 8]), scene.normal('b', [64, 8])];
  const sum = scene.graph.apply(add, [a, b], {})[0]!;
  scene.output(scene.graph.apply(add, [sum, b], {})[0]!);
  scene.fill(store);
  let first: string | null = null;
  const end = performance.now() + 2000;
  while (performance.now() < end) {
    const program = await backend.compile(scene.graph, store);
    program.run();
    const found = String(await program.read('0'));
    program.dispose();
    // Zeros over the commands: a thread that still read them would go round and round.
    store.allocate('probe', { dtype: 'f32', shape: [4096] });
    store.remove('probe');
    expect(found).toBe((first ??= found));
  }
  backend.dispose();
});
