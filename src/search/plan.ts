import type { ElasticPlan } from '../models/elastic.ts';
import { layerOf } from '../models/llama.ts';
import { activeSizes, type ElasticSpace, type Genome } from './space.ts';

export interface PlanOptions {
  /** Full adapter rank r_max; the scale of every sub-rank is α / r_max. */
  readonly rank: number;
  readonly alpha: number;
}

/** Columns of the limits: the genes in order, then the fixed groups. */
export function elasticPlanOf(
  { space, fixed }: ElasticSpace,
  layers: number,
  { rank, alpha }: PlanOptions,
): ElasticPlan {
  const groups = [...space.groups, ...fixed];
  const adapters = new Map<string, { rank: number; scale: number; group: number | null; index: number }>();
  const widths: (number | null)[] = Array.from({ length: layers }, () => null);
  groups.forEach(({ kind, layer, members, choices }, column) => {
    if (kind === 'width') {
      const uniform = new Set(members.map(layerOf));
      for (const index of uniform.size > 1 ? uniform : [layer]) widths[index] = column;
      return;
    }
    const full = choices.length === 1 && choices[0] === rank;
    for (const module of members)
      adapters.set(module, { rank, scale: alpha / rank, group: full ? null : column, index: adapters.size });
  });
  const elastic = space.groups.length > 0 || [...adapters.values()].some(({ group }) => group !== null);
  return { groups: elastic ? groups.length : 0, adapters, widths };
}

/** The row of `limits` of a sub-network. */
export function limitsOf(elastic: ElasticSpace, genome: Genome): number[] {
  return [...activeSizes(elastic.space, genome), ...elastic.fixed.map(({ choices }) => choices[0]!)];
}
