import { expect, it } from 'vitest';
import { Scene } from '../../kernels/compare.testing.ts';
import { tinyLlama } from '../../kernels/llama.testing.ts';
import { matmul } from '../../kernels/ops.ts';
import type { HostArray } from '../backend.ts';
import { startNodeThread } from './node-threads.ts';
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
  store.allocate('first', { dtype: 'f32', shape: [2 ** 18] });
  expect(() => store.allocate('second', { dtype: 'f32', shape: [5 * 2 ** 28] })).toThrow(
    'The device has no room for second: 5120 MiB, beside the 1 MiB that are held.',
  );
});
