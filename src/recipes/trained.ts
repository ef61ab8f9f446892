import type { BaseForm, ElasticPlan, MergeKind } from '../models/elastic.ts';
import type { Runnable } from '../models/runnable.ts';
import { elasticPlanOf, limitsOf } from '../search/plan.ts';
import type { ElasticSpace, Genome } from '../search/space.ts';
import type { Method, Recipe } from '../session/recipe.ts';
import { costOf, denseModel } from '../evaluation/cost.ts';
import type { LoadedModel } from './model.ts';

/** A trained super-network: the base as it was compressed, and elastic adapters. */
export interface Trained extends BaseForm {
  readonly elastic: ElasticSpace;
  readonly plan: ElasticPlan;
}

/** One sub-network of it, masked rather than cut. */
export function subNetworkModel(
  { backend, store, config }: LoadedModel,
  { elastic, plan, masked, quantized }: Trained,
  genome: Genome,
): Runnable {
  const limits = plan.columns > 0 ? limitsOf(elastic, genome) : [];
  return { backend, store, config, plan, masked, quantized, limits };
}

const mergeKinds: Partial<Record<Method, MergeKind>> = {
  'sqft-sparsepeft': 'masked',
  'sqft-qa-sparsepeft': 'quantized',
};

export function planOf(elastic: ElasticSpace, { structure }: LoadedModel, recipe: Recipe): ElasticPlan {
  const { rank, alpha } = recipe.adapter;
  const merge = mergeKinds[recipe.method] ?? 'none';
  return elasticPlanOf(elastic, structure.layers, { rank, alpha, merge });
}

/** Plain LoRA's plan on the same base: never merged inside the forward pass. */
export function baselinePlanOf(elastic: ElasticSpace, { structure }: LoadedModel, { adapter }: Recipe) {
  return elasticPlanOf(elastic, structure.layers, { rank: adapter.rank, alpha: adapter.alpha });
}

/**
 * Whether a model ships without adapters: SparsePEFT has merged them already, dense ones merge into a dense base; a
 * sparse base would lose its zeros to them, an INT4 one has no room for them (METHODS §8).
 */
export const mergeable = ({
  plan,
  masked,
  quantized,
}: Pick<Trained, 'plan' | 'masked' | 'quantized'>): boolean =>
  plan.merge !== 'none' || (masked.size === 0 && quantized.size === 0);

export function denseMacsOf({ structure }: LoadedModel): number {
  return costOf(structure, denseModel).macsPerToken;
}
