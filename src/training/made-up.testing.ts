/** Llamas of given sizes with made-up weights and plain LoRA on every linear module: what speed and memory are measured on. */
import type { Backend, Store } from '../backends/backend.ts';
import { initAdapters } from '../compression/adapters/init.ts';
import type { Batch } from '../datasets/batches.ts';
import { Evaluator } from '../evaluation/evaluator.ts';
import { expectedTensors } from '../formats/expected-tensors.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { bytesOf, sizeOf, type TensorSpec } from '../graph/tensor.ts';
import { planMemory } from '../graph/plan.ts';
import { encodeBf16 } from '../lib/half.ts';
import { Random } from '../lib/random.ts';
import { llamaConfig } from '../models/config.testing.ts';
import { denseBase, type AdapterPlan, type ElasticPlan } from '../models/elastic.ts';
import { plainModel } from '../models/runnable.ts';
import { structureOf } from '../models/structure.ts';
import { ensureRope } from '../models/weights.ts';
import { trainingGraph } from './graph.ts';
import type { TrainingShape } from './parts.ts';
import { SupernetTrainer, type TrainerOptions } from './trainer.ts';

type Sizes = Parameters<typeof llamaConfig>[0];

export const stories260K: Sizes = {
  hidden: 64,
  intermediate: 172,
  layers: 5,
  heads: 8,
  kvHeads: 4,
  vocabulary: 512,
  positions: 512,
  tied: true,
};
export const llama25M: Sizes = {
  hidden: 384,
  intermediate: 1024,
  layers: 12,
  heads: 6,
  kvHeads: 2,
  vocabulary: 16_384,
  positions: 512,
  tied: true,
};
export const llama135M: Sizes = {
  hidden: 576,
  intermediate: 1536,
  layers: 30,
  heads: 9,
  kvHeads: 3,
  vocabulary: 49_152,
  positions: 2048,
  tied: true,
};

const rank = 8;
type Shape = Pick<TrainingShape, 'sequences' | 'length'>;

export class MadeUp {
  readonly config: ModelConfig;
  readonly plan: ElasticPlan;
  readonly #dtype: 'f32' | 'bf16';

  constructor(sizes: Sizes, dtype: 'f32' | 'bf16' = 'f32') {
    this.#dtype = dtype;
    this.config = llamaConfig(sizes);
    const { modules, layers } = structureOf(this.config);
    const linear = modules.filter(({ role }) => role !== 'head').map(({ name }) => name);
    const none = Array.from({ length: layers }, () => null);
    const adapter = (index: number): AdapterPlan => ({ rank, scale: 2, group: null, index });
    this.plan = {
      columns: 0,
      adapters: new Map(linear.map((name, index) => [name, adapter(index)])),
      widths: none,
      heads: none,
      blocks: none,
      merge: 'none',
    };
  }

  /** Weights by their names. */
  specs(): Map<string, TensorSpec> {
    const dtype = this.#dtype;
    return new Map([...expectedTensors(this.config)].map(([name, { shape }]) => [name, { dtype, shape }]));
  }

  /** Every position but a sequence's last is scored. */
  options({ sequences, length }: Shape): TrainerOptions {
    return {
      ...denseBase,
      sequences,
      length,
      rows: sequences * (length - 1),
      plan: this.plan,
      dropout: 0,
      clip: 1,
      weightDecay: 0,
      seed: 1,
    };
  }

  /** Random weights, the same few thousand again and again, and fresh adapters. */
  store(backend: Backend): Store {
    const store = backend.createStore();
    const random = new Random(1);
    const few = Float32Array.from({ length: 2 ** 16 }, () => 0.05 * random.normal());
    for (const [name, spec] of this.specs()) {
      const size = sizeOf(spec.shape);
      const values = Float32Array.from(
        { length: size },
        name.includes('norm') ? () => 1 : (_, i) => few[i & 0xffff]!,
      );
      store.allocate(name, spec);
      store.write(name, this.#dtype === 'bf16' ? encodeBf16(values) : values);
    }
    initAdapters({ store, config: this.config }, this.plan, random.split('adapters'));
    return store;
  }

  trainer(backend: Backend, store: Store, shape: Shape): Promise<SupernetTrainer> {
    return SupernetTrainer.create(backend, store, this.config, this.options(shape));
  }

  /** Losses of the rows of a batch. */
  async score(backend: Backend, store: Store, shape: Shape): Promise<number[]> {
    const { sequences, length, rows } = this.options(shape);
    const model = { ...plainModel(backend, store, this.config), plan: this.plan };
    const batchShape = { batch: sequences, length, capacity: rows, loss: 'all' } as const;
    const evaluator = await Evaluator.create(model, batchShape, 1);
    const sequencesOf = Array.from({ length: rows }, (_, row) => Math.floor(row / (length - 1)));
    const batch: Batch = {
      ...batchShape,
      ...this.batch(shape),
      examples: sequences,
      exampleOfRow: Int32Array.from(sequencesOf),
      lengths: new Int32Array(sequences).fill(length),
      indices: Int32Array.from({ length: sequences }, (_, i) => i),
    };
    const { losses } = await evaluator.measure([batch], []);
    evaluator.dispose();
    return [...losses];
  }

  /** Bytes that a training step cannot do without: weights, adapters, moments, inputs, and what lives at once. */
  trainingBound(store: Store, shape: Shape): number {
    const { length } = shape;
    const graph = trainingGraph(this.config, {
      ...this.options(shape),
      ropePositions: ensureRope(store, this.config, length),
      specOf: (name) => store.spec(name),
    });
    const kept = graph.tensors.filter(({ kind }) => kind !== 'computed').map(bytesOf);
    return kept.reduce((sum, bytes) => sum + bytes, planMemory(graph).bound);
  }

  /** Random tokens. */
  batch({ sequences, length }: Shape) {
    const random = new Random(1);
    const ids = Int32Array.from({ length: sequences * length }, () => random.integer(this.config.vocabSize));
    const rows = Int32Array.from(
      { length: sequences * (length - 1) },
      (_, i) => i + Math.floor(i / (length - 1)),
    );
    return { ids, rows, targets: rows.map((row) => ids[row + 1]!) };
  }
}
