import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import type { Backend, Store } from '../backends/backend.ts';
import { Pacer } from '../backends/pacer.ts';
import { modelFiles } from '../cli/inputs.ts';
import { loadModel } from '../recipes/model.ts';
import { applyOrder, undoOrders } from './ordering/order.ts';
import { hiddenParts, type Calibration } from './pruning/block-walk.ts';
import { activationSquares } from './pruning/prune.ts';

const open = async (backend: Backend = new CpuBackend()) => loadModel(backend, await modelFiles('demo'));

describe('a channel order', () => {
  const tensors = ['gate_proj', 'up_proj', 'down_proj'].map(
    (module) => `model.layers.0.mlp.${module}.weight`,
  );
  const contents = (store: Store) => Promise.all(tensors.map((name) => store.read(name)));

  it('moves gate, up and down together, and is undone exactly', async () => {
    const model = await open();
    const before = await contents(model.store);
    const order = Array.from(
      { length: model.config.intermediateSize },
      (_, i, n = model.config.intermediateSize) => n - 1 - i,
    );
    await applyOrder(model, 0, 'channels', order);
    expect([...model.orders.keys()]).toEqual(['0.channels']);
    const after = await contents(model.store);
    tensors.forEach((_, index) => expect(after[index]).not.toEqual(before[index]));
    await undoOrders(model);
    expect(model.orders.size).toBe(0);
    expect(await contents(model.store)).toEqual(before);
  });

  it('is all or nothing: where one tensor cannot be read, none is written', async () => {
    const model = await open();
    const before = await contents(model.store);
    const read = model.store.read.bind(model.store);
    model.store.read = (name) => (name === tensors[2] ? Promise.reject(new Error('lost')) : read(name));
    const order = Array.from(
      { length: model.config.intermediateSize },
      (_, i, n = model.config.intermediateSize) => n - 1 - i,
    );
    await expect(applyOrder(model, 0, 'channels', order)).rejects.toThrow('lost');
    model.store.read = read;
    expect(model.orders.size).toBe(0);
    expect(await contents(model.store)).toEqual(before);
  });
});

describe('calibration', () => {
  const batches = Array.from({ length: 5 }, (_, index) => ({
    batch: 2,
    length: 4,
    ids: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7).map((i) => 10 + index + i),
    lengths: Int32Array.of(4, 3),
  }));

  it('keeps hidden states in parts that one binding reaches, at least a batch each', () => {
    const sizes = (limit: number) => hiddenParts(batches, 16, limit).map((part) => part.batches.length);
    expect(sizes(2 ** 31)).toEqual([5]);
    expect(sizes(2 * 8 * 16 * 4)).toEqual([2, 2, 1]);
    expect(sizes(1)).toEqual([1, 1, 1, 1, 1]);
  });

  it('measures the same in one part as in several, and leaves nothing in the store', async () => {
    const found: Map<string, Float32Array>[] = [];
    for (const limit of [2 ** 31, 2 * 8 * 64 * 4]) {
      const backend = new CpuBackend();
      const { store, config } = await open(backend);
      const names = store.names();
      Object.assign(backend, { facts: { ...backend.facts, maxTensorBytes: limit } });
      found.push(await activationSquares(calibration(backend, store, config)));
      expect(store.names().filter((name) => !name.startsWith('rope.'))).toEqual(names);
    }
    expect(found[1]).toEqual(found[0]);
  });

  it('stops within a run of one batch on the CPU, and frees what it holds', async () => {
    const backend = new CpuBackend();
    const { store, config } = await open(backend);
    let runs = 0;
    const pacer = new Pacer(backend, () =>
      ++runs === 3 ? Promise.reject(new Error('stopped')) : Promise.resolve(),
    );
    await expect(activationSquares({ ...calibration(backend, store, config), pacer })).rejects.toThrow(
      'stopped',
    );
    expect(runs).toBe(3);
    expect(store.names().filter((name) => name.startsWith('calibration.'))).toEqual([]);
  });

  function calibration(backend: Backend, store: Store, config: Calibration['config']): Calibration {
    return { backend, store, config, batches, pacer: new Pacer(backend) };
  }
});
