import type { Backend, Store } from '../../src/backends/backend.ts';
import { initAdapters } from '../../src/compression/adapters/init.ts';
import type { Batch, BatchShape } from '../../src/datasets/batches.ts';
import type { ModelConfig } from '../../src/formats/model-config.ts';
import { repeatLimits, type Runnable } from '../../src/models/runnable.ts';
import { Random } from '../../src/lib/random.ts';
import { limitsOf } from '../../src/search/plan.ts';
import { maximalGenome, type ElasticSpace } from '../../src/search/space.ts';
import { denseBase, type ElasticPlan } from '../../src/models/elastic.ts';

/** A model and batches for it, as the studio would train and score them. */
export interface Workload {
  readonly description: string;
  readonly backend: Backend;
  readonly store: Store;
  readonly config: ModelConfig;
  readonly elastic: ElasticSpace;
  readonly plan: ElasticPlan;
  readonly trainShape: BatchShape;
  readonly evaluationShape: BatchShape;
  readonly train: readonly Batch[];
  readonly validation: readonly Batch[];
  /** Greedy decoding from this prompt; null: not measured. */
  readonly prompt: readonly number[] | null;
}

/** The super-network with fresh adapters, every rank and width full. */
export function fullModel({ backend, store, config, plan, elastic }: Workload): Runnable {
  initAdapters({ store, config }, plan, new Random(1));
  return {
    backend,
    store,
    config,
    plan,
    ...denseBase,
    limits: plan.columns > 0 ? limitsOf(elastic, maximalGenome(elastic.space)) : [],
  };
}

/** Limits input of a batch in which every rank and width is full, so that the work counted is the work done. */
export function fullLimits({ limits }: Runnable, sequences: number): Int32Array | null {
  return limits.length > 0 ? repeatLimits(limits, sequences) : null;
}
