import { describe, expect, it } from 'vitest';
import type { Backend, Store } from '../backends/backend.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { gpuBackend } from '../backends/webgpu/device.testing.ts';
import { nodeFolder } from '../cli/node-files.ts';
import type { ModelFolder } from '../formats/model-folder.ts';
import { openModel } from '../models/open-model.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import { bytesSource } from '../formats/source.ts';
import { hasShared, readSharedBytes, readSharedJson, sharedPath } from '../lib/golden.testing.ts';
import { denseBase, plainPlan, type ElasticPlan } from '../models/elastic.ts';
import { ensureRope, loadWeights } from '../models/weights.ts';
import { momentNames, ringName, ringSize, trainingGraph } from './graph.ts';
import { SupernetTrainer } from './trainer.ts';

interface Golden {
  batch: number[][];
  lora: { targets: string[] };
  rank8: { losses: number[] };
  rank4: { losses: number[] };
  mixed: { ranks: Record<string, number>; losses: number[] };
}

const folder = 'golden/lora-stories260K';
const sequences = 2;
const length = 32;
const rowCount = sequences * (length - 1);

/** Loss and rank of every adapted module are those of PyTorch in float64; see golden/README.md for the tolerances. */
describe.skipIf(!hasShared(folder))('elastic LoRA against PyTorch', () => {
  const golden = hasShared(folder) ? readSharedJson<Golden>(`${folder}/golden.json`) : null!;
  const cases: ['rank8' | 'rank4', (module: string) => number][] = [
    ['rank8', () => 8],
    ['rank4', () => 4],
  ];
  for (const [name, rankOf] of cases) {
    it(`${name}: gradients, losses and adapters after three steps`, async () => {
      for (const backend of [new CpuBackend(), await gpuBackend()]) {
        const { store, source, plan, limits } = await prepare(backend, rankOf);
        await checkGradients(backend, store, source, plan, limits, name);
        const trainer = await SupernetTrainer.create(backend, store, source.config, {
          ...shape(plan),
          weightDecay: 0.01,
          seed: 0,
        });
        for (let step = 0; step < 4; step++) trainer.step(batch(golden), limits, 1e-3);
        const { values } = await trainer.losses();
        golden[name].losses.forEach((loss, step) =>
          expect(Math.abs(values[step]! - loss)).toBeLessThan(5e-6),
        );
        trainer.dispose();
        await checkThreeSteps(backend, rankOf, name);
      }
    });
  }

  it('mixed: a rank of its own for each module', async () => {
    for (const backend of [new CpuBackend(), await gpuBackend()]) {
      const { store, source, plan, limits } = await prepare(
        backend,
        (module) => golden.mixed.ranks[module] ?? 0,
      );
      const trainer = await SupernetTrainer.create(backend, store, source.config, {
        ...shape(plan),
        weightDecay: 0,
        seed: 0,
      });
      trainer.step(batch(golden), limits, 1e-3);
      expect(Math.abs((await trainer.losses()).values[0]! - golden.mixed.losses[0]!)).toBeLessThan(5e-6);
      trainer.dispose();
    }
  });

  async function checkThreeSteps(backend: Backend, rankOf: (module: string) => number, name: string) {
    const { store, source, plan, limits } = await prepare(backend, rankOf);
    const trainer = await SupernetTrainer.create(backend, store, source.config, {
      ...shape(plan),
      weightDecay: 0.01,
      seed: 0,
    });
    for (let step = 0; step < 3; step++) trainer.step(batch(golden), limits, 1e-3);
    for (const [tensor, expected] of await goldenTensors(`${folder}/${name}/after3.safetensors`)) {
      const found = active(
        new Float32Array((await store.read(tensor)).buffer),
        store.spec(tensor).shape,
        expected.shape,
      );
      const errors = expected.values.map((value, i) => Math.abs(value - found[i]!));
      expect(Math.max(...errors), tensor).toBeLessThan(1e-4);
      expect(errors.reduce((sum, error) => sum + error, 0) / errors.length, tensor).toBeLessThan(1e-6);
    }
    trainer.dispose();
  }
});

const shape = (plan: ElasticPlan) => ({
  sequences,
  length,
  rows: rowCount,
  plan,
  ...denseBase,
  dropout: 0,
  clip: 1e9,
});

function batch({ batch: ids }: Golden) {
  const positions = Array.from({ length: rowCount }, (_, i) => ({
    sequence: Math.floor(i / (length - 1)),
    at: i % (length - 1),
  }));
  return {
    ids: Int32Array.from(ids.flat()),
    rows: Int32Array.from(positions, ({ sequence, at }) => sequence * length + at),
    targets: Int32Array.from(positions, ({ sequence, at }) => ids[sequence]![at + 1]!),
  };
}

/** The model and the golden adapter in a store; one group a module, its rank the limit. */
async function prepare(backend: Backend, rankOf: (module: string) => number) {
  const source = await openModel(await nodeFolder(sharedPath('models/stories260K-hf')));
  const store = backend.createStore();
  await loadWeights(source, store);
  const tensors = await goldenTensors(`${folder}/adapter_model.safetensors`);
  for (const [name, { shape: size, values }] of tensors) {
    store.allocate(name, { dtype: 'f32', shape: size });
    store.write(name, Float32Array.from(values));
  }
  const modules = [...tensors.keys()]
    .filter((name) => name.includes('lora_A'))
    .map((name) => name.replace('.lora_A.weight', ''));
  const plan: ElasticPlan = {
    ...plainPlan(source.config.layers),
    columns: modules.length,
    adapters: new Map(modules.map((module, index) => [module, { rank: 8, scale: 2, group: index, index }])),
  };
  const ranks = modules.map(rankOf);
  return { store, source, plan, limits: Int32Array.from([...ranks, ...ranks]) };
}

async function checkGradients(
  backend: Backend,
  store: Store,
  source: ModelFolder,
  plan: ElasticPlan,
  limits: Int32Array,
  name: string,
) {
  store.allocate(ringName, { dtype: 'f32', shape: [ringSize, 1] });
  const graph = trainingGraph(source.config, {
    ...shape(plan),
    specOf: (tensor) => store.spec(tensor),
    ropePositions: ensureRope(store, source.config, length),
  });
  const updates = graph.nodes
    .filter(({ op }) => op.name === 'adamw')
    .map(({ inputs }) => ({ parameter: inputs[0]!, gradient: inputs[3]! }));
  for (const { parameter, gradient } of updates) {
    graph.output(parameter.name, gradient);
    for (const moment of momentNames(parameter.name)) store.allocate(moment, parameter);
  }
  const before = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { parameter } of updates) before.set(parameter.name, await store.read(parameter.name));
  const program = await backend.compile(graph, store);
  const { ids, rows, targets } = batch(readSharedJson<Golden>(`${folder}/golden.json`));
  for (const [input, data] of Object.entries({ ids, rows, targets, limits })) program.write(input, data);
  program.write('weights', new Float32Array(rowCount).fill(1 / rowCount));
  program.write('hyper', Float32Array.of(0, 0.1, 0.001, 0));
  program.run();
  for (const [tensor, expected] of await goldenTensors(`${folder}/${name}/grads.safetensors`)) {
    const whole = store.spec(tensor).shape;
    const all = await program.read(tensor);
    const found = active(all, whole, expected.shape);
    const largest = expected.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const worst = expected.values.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
    expect(worst / largest, tensor).toBeLessThan(5e-5);
    const outside =
      all.reduce((sum, value) => sum + Math.abs(value), 0) -
      found.reduce((sum, value) => sum + Math.abs(value), 0);
    expect(Math.abs(outside), `${tensor} beyond its rank`).toBeLessThan(1e-4 * largest);
  }
  program.dispose();
  for (const [tensor, bytes] of before) store.write(tensor, bytes);
}

/** The leading [r, in] or [out, r] part of a whole A or B. */
function active(values: Float32Array, whole: readonly number[], part: readonly number[]): number[] {
  const [rows, columns] = part as [number, number];
  return Array.from(
    { length: rows * columns },
    (_, i) => values[Math.floor(i / columns) * whole[1]! + (i % columns)]!,
  );
}

async function goldenTensors(path: string): Promise<Map<string, { shape: number[]; values: number[] }>> {
  const file = await openSafetensors(bytesSource(path, readSharedBytes(path)));
  const found = new Map<string, { shape: number[]; values: number[] }>();
  for (const [name, { dtype, shape: size }] of file.entries) {
    const { buffer } = await file.read(name);
    const values = dtype === 'F64' ? new Float64Array(buffer) : new Float32Array(buffer);
    found.set(name.replace('base_model.model.', ''), { shape: [...size], values: [...values] });
  }
  return found;
}
