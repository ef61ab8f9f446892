import type { Backend, Store } from '../../backends/backend.ts';
import { initAdapters } from '../../compression/adapters/init.ts';
import type { Batch, BatchShape } from '../../datasets/batches.ts';
import type { ModelConfig } from '../../formats/model-config.ts';
import { repeatLimits, type Runnable } from '../../models/runnable.ts';
import { Random } from '../../lib/random.ts';
import { limitsOf } from '../../search/plan.ts';
import { maximalGenome, type ElasticSpace } from '../../search/space.ts';
import { denseBase, type BaseForm, type ElasticPlan } from '../../models/elastic.ts';

/** A model and batches for it, as the studio would train and score them. */
export interface Workload {
  readonly description: string;
  readonly backend: Backend;
  readonly store: Store;
  readonly config: ModelConfig;
  readonly elastic: ElasticSpace;
  readonly plan: ElasticPlan;
  /** Dense where it is left out. */
  readonly base?: BaseForm;
  readonly trainShape: BatchShape;
  readonly evaluationShape: BatchShape;
  readonly train: readonly Batch[];
  readonly validation: readonly Batch[];
  /** Greedy decoding from this prompt; null: not measured. */
  readonly prompt: readonly number[] | null;
}

/** The super-network with fresh adapters, every rank and width full. */
export function fullModel({ backend, store, config, plan, elastic, base }: Workload): Runnable {
  initAdapters({ store, config }, plan, new Random(1));
  return {
    backend,
    store,
    config,
    plan,
    ...(base ?? denseBase),
    limits: plan.columns > 0 ? limitsOf(elastic, maximalGenome(elastic.space)) : [],
  };
}

/** Limits input of a batch in which every rank and width is full, so that the work counted is the work done. */
export function fullLimits({ limits }: Runnable, sequences: number): Int32Array | null {
  return limits.length > 0 ? repeatLimits(limits, sequences) : null;
}
