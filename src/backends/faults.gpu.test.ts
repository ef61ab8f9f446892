/** What recovery is tested with fails as a device does, and not otherwise. */
import { describe, expect, it } from 'vitest';
import { Graph } from '../graph/graph.ts';
import { add } from '../kernels/ops.ts';
import { tinyConfig, tinyOptions, tinyStep, tinyStore } from '../training/tiny.testing.ts';
import { SupernetTrainer } from '../training/trainer.ts';
import type { Backend } from './backend.ts';
import { CpuBackend } from './cpu/cpu.ts';
import { FaultyBackend, type Fault, type Faults } from './faults.testing.ts';
import { gpuBackend, ownDevice } from './webgpu/device.testing.ts';
import { WebGpuBackend } from './webgpu/webgpu.ts';

/** x + 1 of four numbers. */
function sum(): Graph {
  const graph = new Graph();
  const operands = [graph.input('x', 'f32', [4]), graph.stored('one', 'f32', [4])];
  graph.output('y', graph.apply(add, operands, {})[0]!);
  return graph;
}

const backends: Record<string, () => Promise<Backend>> = {
  cpu: () => Promise.resolve(new CpuBackend()),
  webgpu: async () => new WebGpuBackend(await ownDevice()),
};

describe.each(Object.keys(backends))('on %s', (kind) => {
  async function open(faults: Faults) {
    const backend = new FaultyBackend(await backends[kind]!(), faults);
    const store = backend.createStore();
    store.allocate('one', { dtype: 'f32', shape: [4] });
    store.write('one', new Float32Array(4).fill(1));
    return { backend, store };
  }

  it('runs out of memory at the second program and the second read only', async () => {
    const how = 'out-of-memory';
    const { backend, store } = await open({
      faults: [
        { at: 'compile', nth: 2, how },
        { at: 'read', nth: 2, how },
      ],
    });
    const program = await backend.compile(sum(), store);
    await expect(backend.compile(sum(), store)).rejects.toMatchObject({ code: how });
    await backend.compile(sum(), store);
    program.write('x', Float32Array.of(1, 2, 3, 4));
    program.run();
    expect([...(await program.read('y'))]).toEqual([2, 3, 4, 5]);
    await expect(store.read('one')).rejects.toMatchObject({ code: how });
    expect((await store.read('one')).length).toBe(16);
    expect(backend.counts).toEqual({ compile: 3, run: 1, read: 3 });
    backend.dispose();
  });

  const losses: Fault[] = [
    { at: 'compile', nth: 2, how: 'lost' },
    { at: 'run', nth: 2, how: 'lost' },
    { at: 'read', nth: 2, how: 'lost' },
  ];
  it.each(losses)('is lost at $at $nth: reads fail, nothing hangs', async (fault) => {
    const { backend, store } = await open({ faults: [fault] });
    const program = await backend.compile(sum(), store);
    program.run();
    await program.read('y');
    await Promise.all([backend.compile(sum(), store), backend.idle()]);
    program.run();
    await expect(program.read('y')).rejects.toMatchObject({ name: 'AbortError' });
    expect(await backend.lost).toMatch(/device was (lost|destroyed)/i);
    store.write('one', new Float32Array(4));
    program.run();
    await Promise.all([backend.compile(sum(), store), backend.idle(), store.settled()]);
    await expect(store.read('one')).rejects.toMatchObject({ name: 'AbortError' });
    program.dispose();
    store.dispose();
  });

  it('a step without room for its batch finds it for half of it', async () => {
    const free = kind === 'cpu' ? new CpuBackend() : await gpuBackend();
    const whole = await SupernetTrainer.create(free, tinyStore(free), tinyConfig, tinyOptions);
    const backend = new FaultyBackend(free, { mostScratchBytes: whole.scratchBytes - 1 });
    const store = tinyStore(backend);
    const create = (accumulation: number) =>
      SupernetTrainer.create(backend, store, tinyConfig, { ...tinyOptions, accumulation });
    await expect(create(1)).rejects.toMatchObject({ code: 'out-of-memory' });
    const split = await create(2);
    tinyStep(split, 0);
    expect((await split.losses()).values[0]).toBeGreaterThan(0);
    split.dispose();
    whole.dispose();
  });
});
