import type { ElasticPlan } from '../models/elastic.ts';
import type { Runnable } from '../models/runnable.ts';
import { elasticPlanOf, limitsOf } from '../search/plan.ts';
import type { ElasticSpace, Genome } from '../search/space.ts';
import type { Recipe } from '../session/recipe.ts';
import { costOf, denseModel } from '../evaluation/cost.ts';
import type { LoadedModel } from './model.ts';

/** A trained super-network: the base with its masks, and elastic adapters. */
export interface Trained {
  readonly elastic: ElasticSpace;
  readonly plan: ElasticPlan;
  readonly masked: ReadonlySet<string>;
}

/** One sub-network of it, masked rather than cut. */
export function subNetworkModel(
  { backend, store, config }: LoadedModel,
  { elastic, plan, masked }: Trained,
  genome: Genome,
): Runnable {
  return { backend, store, config, plan, masked, limits: plan.groups > 0 ? limitsOf(elastic, genome) : [] };
}

export function planOf(elastic: ElasticSpace, { structure }: LoadedModel, { adapter }: Recipe): ElasticPlan {
  return elasticPlanOf(elastic, structure.layers, { rank: adapter.rank, alpha: adapter.alpha });
}

/** Dense adapters merge into a dense base; into a sparse one they would cost its zeros (METHODS §8). */
export const mergeable = ({ masked }: Trained): boolean => masked.size === 0;

export function denseMacsOf({ structure }: LoadedModel): number {
  return costOf(structure, denseModel).macsPerToken;
}
