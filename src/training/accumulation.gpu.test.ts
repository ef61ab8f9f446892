/** A step whose batch goes through in parts is the step whose batch goes through at once. */
import { describe, expect, it } from 'vitest';
import type { Backend } from '../backends/backend.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { CpuStore } from '../backends/cpu/store.ts';
import { gpuBackend } from '../backends/webgpu/device.testing.ts';
import { adapterNames } from '../compression/adapters/init.ts';
import { readStored } from '../kernels/compare.testing.ts';
import { denseBase, maskName, type ElasticPlan } from '../models/elastic.ts';
import { momentNames } from './graph.ts';
import { splitBatch } from './parts.ts';
import { tinyConfig, tinyOptions, tinyPlan, tinyStep, tinyStore } from './tiny.testing.ts';
import { stateNames, SupernetTrainer, type TrainerOptions } from './trainer.ts';

/** Without an adapter on the head, whose dropout is another one when the batch is split. */
const blocksPlan: ElasticPlan = {
  ...tinyPlan,
  adapters: new Map([...tinyPlan.adapters].filter(([module]) => module !== tinyConfig.names.head)),
};

interface Course {
  readonly losses: number[];
  readonly state: ReadonlyMap<string, ArrayLike<number>>;
}

async function train(backend: Backend, options: TrainerOptions, steps: number): Promise<Course> {
  const store = tinyStore(backend);
  for (const module of options.masked) {
    const { shape } = store.spec(`${module}.weight`);
    store.allocate(maskName(module), { dtype: 'u32', shape: [shape[0]!, Math.ceil(shape[1]! / 32)] });
    store.write(maskName(module), new Uint32Array(shape[0]!).fill(0xa5a5a5a5));
  }
  const trainer = await SupernetTrainer.create(backend, store, tinyConfig, options);
  for (let step = 0; step < steps; step++) tinyStep(trainer, step + 5, options);
  const { values: losses } = await trainer.losses();
  const state = new Map<string, ArrayLike<number>>();
  for (const name of stateNames(options.plan)) {
    // What is read is narrowed; on the CPU the numbers themselves are at hand, which may be doubles.
    const values = store instanceof CpuStore ? store.tensor(name).data : await readStored(store, name);
    state.set(name, values.slice());
  }
  trainer.dispose();
  store.dispose();
  return { losses, state };
}

/** The largest difference between two tensors, as a share of the largest number in the first. */
function difference(expected: ArrayLike<number>, found: ArrayLike<number>): number {
  const values = Array.from(expected);
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  return values.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0) / scale;
}

const largest = (whole: Course, split: Course, names: readonly string[]) =>
  names.reduce((most, name) => Math.max(most, difference(whole.state.get(name)!, split.state.get(name)!)), 0);

const forms: Record<string, TrainerOptions> = {
  'adapters beside the weights, dropout': { ...tinyOptions, plan: blocksPlan },
  'an adapter on head and embedding': { ...tinyOptions, dropout: 0 },
  'merged inside the forward pass': {
    ...tinyOptions,
    dropout: 0,
    plan: { ...blocksPlan, merge: 'masked' },
    masked: new Set(blocksPlan.adapters.keys()),
  },
};

describe.each(Object.entries(forms))('%s', (_, options) => {
  it('in double: the same state to 1e-9 after six steps, in two parts and in four', async () => {
    const backend = new CpuBackend({ real: Float64Array });
    const whole = await train(backend, options, 6);
    for (const accumulation of [2, 4]) {
      const split = await train(backend, { ...options, accumulation }, 6);
      expect(largest(whole, split, stateNames(options.plan))).toBeLessThan(1e-9);
      whole.losses.forEach((loss, step) => expect(Math.abs(split.losses[step]! - loss)).toBeLessThan(1e-9));
    }
  });

  it.each(['cpu', 'webgpu'])('on %s: gradients within 1e-5, losses within 1e-6', async (kind) => {
    const backend = kind === 'cpu' ? new CpuBackend() : await gpuBackend();
    const whole = await train(backend, options, 1);
    const split = await train(backend, { ...options, accumulation: 4 }, 1);
    // The first moment of the first step is the clipped gradient.
    const gradients = adapterNames(options.plan).map((name) => momentNames(name)[0]);
    expect(largest(whole, split, gradients)).toBeLessThan(1e-5);
    expect(Math.abs(split.losses[0]! / whole.losses[0]! - 1)).toBeLessThan(1e-6);
  });
});

describe('working memory', () => {
  const long: TrainerOptions = { ...tinyOptions, sequences: 16, length: 16, rows: 240 };

  it.each(['cpu', 'webgpu'])('falls with the number of parts on %s', async (kind) => {
    const backend = kind === 'cpu' ? new CpuBackend() : await gpuBackend();
    const store = tinyStore(backend);
    const bytes: number[] = [];
    for (const accumulation of [1, 2, 4, 8]) {
      const trainer = await SupernetTrainer.create(backend, store, tinyConfig, { ...long, accumulation });
      bytes.push(trainer.scratchBytes);
      trainer.dispose();
    }
    // All gradients are held until the norm is known, however the batch is split.
    const gradients = adapterNames(tinyPlan).reduce((sum, name) => sum + store.cost(store.spec(name)), 0);
    const activations = bytes[0]! - gradients;
    [1, 2, 4, 8].forEach((parts, index) =>
      expect(bytes[index], `${parts} parts`).toBeLessThan((1.1 * activations) / parts + 2 * gradients),
    );
    store.dispose();
  });
});

describe('splitting', () => {
  it('gives each part its own sequences, and numbers their rows anew', () => {
    const batch = {
      ids: Int32Array.from({ length: 8 }, (_, i) => 10 + i),
      rows: Int32Array.of(6, 0, -1, 2, 7),
      targets: Int32Array.of(1, 2, -1, 3, 4),
    };
    const parts = splitBatch(batch, { parts: 2, sequences: 2, length: 2, rows: 4 });
    expect(parts.map(({ ids, rows, targets }) => [[...ids], [...rows], [...targets]])).toEqual([
      [
        [10, 11, 12, 13],
        [0, 2, -1, -1],
        [2, 3, -1, -1],
      ],
      [
        [14, 15, 16, 17],
        [2, 3, -1, -1],
        [1, 4, -1, -1],
      ],
    ]);
  });

  it.each([3, 8, 0, 1.5])(
    'refuses %f parts of four sequences, and leaves nothing behind',
    async (accumulation) => {
      const backend = new CpuBackend();
      const store = tinyStore(backend);
      const names = store.names();
      const options = { ...tinyOptions, ...denseBase, accumulation };
      await expect(SupernetTrainer.create(backend, store, tinyConfig, options)).rejects.toMatchObject({
        code: 'bad-accumulation',
      });
      expect(store.names().filter((name) => !name.startsWith('rope.'))).toEqual(names);
    },
  );
});
