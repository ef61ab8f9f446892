/** A random model of two layers, everything about it elastic, and a deterministic course of training steps. */
import type { Backend, Store } from '../backends/backend.ts';
import { initAdapters } from '../compression/adapters/init.ts';
import { expectedTensors } from '../formats/expected-tensors.ts';
import { sizeOf } from '../graph/tensor.ts';
import { Random } from '../lib/random.ts';
import { llamaConfig } from '../models/config.testing.ts';
import { denseBase, type AdapterPlan, type ElasticPlan } from '../models/elastic.ts';
import { structureOf } from '../models/structure.ts';
import { learningRateAt } from './schedule.ts';
import type { TrainingBatch } from './parts.ts';
import type { SupernetTrainer, TrainerOptions } from './trainer.ts';

export const tinyConfig = llamaConfig({
  hidden: 16,
  intermediate: 24,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  vocabulary: 37,
  positions: 16,
  tied: true,
});

const structure = structureOf(tinyConfig);
const rank = 4;
const layers = [0, 1];
const linear = structure.modules.filter(({ role }) => role !== 'head').map(({ name }) => name);
/** A rank for each module, then a width, q rows, k and v rows and a switch for each block. */
const columns = linear.length + 4 * layers.length;
const columnOf = (kind: number, layer: number) => linear.length + 4 * layer + kind;

/** Adapters on every linear module of the blocks, and on the head, which is the embedding as well. */
export const tinyPlan: ElasticPlan = {
  columns,
  adapters: new Map<string, AdapterPlan>([
    ...linear.map((name, index) => [name, { rank, scale: 1.5, group: index, index }] as const),
    [tinyConfig.names.head, { rank, scale: 1, group: null, index: linear.length }],
  ]),
  widths: layers.map((layer) => columnOf(0, layer)),
  heads: layers.map((layer) => ({ query: columnOf(1, layer), keyValue: columnOf(2, layer) })),
  blocks: layers.map((layer) => columnOf(3, layer)),
  merge: 'none',
};

export const tinyOptions: TrainerOptions = {
  sequences: 4,
  length: 8,
  rows: 20,
  plan: tinyPlan,
  ...denseBase,
  dropout: 0.2,
  clip: 0.5,
  weightDecay: 0.1,
  seed: 99,
};

/** A store with the model's weights, and fresh adapters. */
export function tinyStore(backend: Backend): Store {
  const store = backend.createStore();
  const random = new Random(3);
  for (const [name, { shape }] of expectedTensors(tinyConfig)) {
    store.allocate(name, { dtype: 'f32', shape });
    const spread = name.includes('norm') ? 0.1 : 0.3;
    const mean = name.includes('norm') ? 1 : 0;
    store.write(
      name,
      Float32Array.from({ length: sizeOf(shape) }, () => mean + spread * random.normal()),
    );
  }
  initAdapters({ store, config: tinyConfig }, tinyPlan, random.split('adapters'));
  return store;
}

/** Queues step `step` of a course of 100: all that it brings follows from its number. */
export function tinyStep(trainer: SupernetTrainer, step: number, options = tinyOptions): void {
  const random = new Random(17).split(`step ${step}`);
  const schedule = { learningRate: 5e-3, steps: 100, warmup: 3, schedule: 'cosine' } as const;
  trainer.step(tinyBatch(random, options), tinyLimits(random, options), learningRateAt(schedule, step));
}

/** Sequences of which each scores another number of positions, the first one most; the last rows are padding. */
function tinyBatch(random: Random, { sequences, length, rows }: TrainerOptions): TrainingBatch {
  const ids = Int32Array.from({ length: sequences * length }, () => random.integer(tinyConfig.vocabSize));
  const scored = ids.reduce<number[]>((found, _, at) => {
    const [sequence, position] = [Math.floor(at / length), at % length];
    if (position > sequence && position < length - 1) found.push(at);
    return found;
  }, []);
  const padded = Array.from({ length: rows }, (_, i) => scored[i] ?? -1);
  return {
    ids,
    rows: Int32Array.from(padded),
    targets: Int32Array.from(padded, (at) => (at < 0 ? -1 : ids[at + 1]!)),
  };
}

/** A sub-network for each sequence; one for all where the weight is merged inside the forward pass. */
function tinyLimits(random: Random, { sequences, plan }: TrainerOptions): Int32Array {
  const { intermediateSize, hiddenSize, headDim } = tinyConfig;
  const sequence = () => [
    ...linear.map(() => 1 + random.integer(rank)),
    ...layers.flatMap(() => [
      1 + random.integer(intermediateSize),
      hiddenSize,
      headDim,
      random.integer(5) > 0 ? hiddenSize : 0,
    ]),
  ];
  const shared = plan.merge === 'none' ? null : sequence();
  return Int32Array.from(Array.from({ length: sequences }, () => shared ?? sequence()).flat());
}
