/** Llamas of given sizes with made-up weights and plain LoRA on every linear module: what speed and memory are measured on. */
import type { Backend, Store } from '../backends/backend.ts';
import { initAdapters } from '../compression/adapters/init.ts';
import { expectedTensors } from '../formats/expected-tensors.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { sizeOf, type TensorSpec } from '../graph/tensor.ts';
import { encodeBf16 } from '../lib/half.ts';
import { Random } from '../lib/random.ts';
import { llamaConfig } from '../models/config.testing.ts';
import { denseBase, type AdapterPlan, type ElasticPlan } from '../models/elastic.ts';
import { structureOf } from '../models/structure.ts';
import type { TrainingBatch, TrainingShape } from './parts.ts';
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
  options({ sequences, length }: Pick<TrainingShape, 'sequences' | 'length'>): TrainerOptions {
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

  trainer(
    backend: Backend,
    store: Store,
    shape: Pick<TrainingShape, 'sequences' | 'length'>,
  ): Promise<SupernetTrainer> {
    return SupernetTrainer.create(backend, store, this.config, this.options(shape));
  }

  /** Random tokens. */
  batch({ sequences, length }: Pick<TrainingShape, 'sequences' | 'length'>, seed = 1): TrainingBatch {
    const random = new Random(seed);
    const ids = Int32Array.from({ length: sequences * length }, () => random.integer(this.config.vocabSize));
    const rows = Int32Array.from(
      { length: sequences * (length - 1) },
      (_, i) => i + Math.floor(i / (length - 1)),
    );
    return { ids, rows, targets: rows.map((row) => ids[row + 1]!) };
  }
}
