/** What cannot be made leaves nothing in the store. */
import { denseBase } from '../models/elastic.ts';
import { expect, it } from 'vitest';
import type { Backend, Program } from '../backends/backend.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { modelFiles } from '../cli/inputs.ts';
import { initAdapters } from '../compression/adapters/init.ts';
import { Random } from '../lib/random.ts';
import { loadModel, originalModel } from '../recipes/model.ts';
import { presets } from '../recipes/presets.ts';
import { elasticSpaceOf } from '../recipes/space.ts';
import { planOf } from '../recipes/trained.ts';
import { SupernetTrainer } from '../training/trainer.ts';
import { Evaluator } from './evaluator.ts';
import { Generator } from './generate.ts';
import { forwardGraph, measureSpeedup } from './latency.ts';

async function demo() {
  const backend = new CpuBackend();
  const model = await loadModel(backend, await modelFiles('demo'));
  return { backend, model };
}

/** From the n-th on, no program can be built. Counts those in use. */
function failing(backend: Backend, from: number) {
  const seen = { live: 0 };
  const compile = backend.compile.bind(backend);
  let count = 0;
  backend.compile = async (graph, store) => {
    if (++count >= from) throw new Error('no room');
    const program: Program = await compile(graph, store);
    const dispose = program.dispose.bind(program);
    seen.live++;
    program.dispose = () => {
      seen.live--;
      dispose();
    };
    return program;
  };
  return seen;
}

it('an evaluator, a generator, a trainer and a pair of programs are made whole or not at all', async () => {
  const { backend, model } = await demo();
  const recipe = presets.lora.recipe('exact');
  const plan = planOf(elasticSpaceOf(model.structure, recipe), model, recipe);
  initAdapters(model, plan, new Random(1));
  const kept = model.store.names();
  const seen = failing(backend, 2);
  const original = originalModel(model);
  await expect(Generator.create(original, 20)).rejects.toThrow('no room');
  const shape = { batch: 1, length: 8, capacity: 4, loss: 'answer' } as const;
  await expect(Evaluator.create(original, shape, 3)).rejects.toThrow('no room');
  const training = {
    sequences: 1,
    length: 8,
    rows: 4,
    plan,
    ...denseBase,
    dropout: 0,
    clip: 1,
    weightDecay: 0,
    seed: 0,
  };
  await expect(SupernetTrainer.create(backend, model.store, model.config, training)).rejects.toThrow(
    'no room',
  );
  await expect(measureSpeedup(original, original, { sequences: 1, length: 8, pairs: 1 })).rejects.toThrow(
    'no room',
  );
  expect(seen.live).toBe(0);
  expect(model.store.names().filter((name) => !name.startsWith('rope.'))).toEqual(kept);
});

it('speed is measured with logits of one row a sequence', async () => {
  const { model } = await demo();
  const options = { sequences: 3, length: 8, ropePositions: 8, plan: model.plan, ...denseBase };
  const graph = forwardGraph(model.config, { ...options, specOf: (name) => model.store.spec(name) });
  expect(graph.outputs.get('logits')!.shape).toEqual([3, model.config.vocabSize]);
});

it('a generator on the CPU lets others in between two tokens', async () => {
  const { model } = await demo();
  const generator = await Generator.create(originalModel(model), 20);
  let heard = 0;
  const timer = setInterval(() => heard++, 0);
  for await (const _ of generator.generate([2, 10, 20], 6, [])) void _;
  clearInterval(timer);
  generator.dispose();
  expect(heard).toBeGreaterThanOrEqual(3);
});
