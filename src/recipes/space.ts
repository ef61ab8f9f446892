import type { ModelStructure } from '../models/structure.ts';
import { buildSpace } from '../search/presets.ts';
import type { ElasticSpace } from '../search/space.ts';
import type { Recipe } from '../session/recipe.ts';

/** The search space of a recipe on a model; for plain LoRA a space without genes whose fixed ranks are r_max. */
export function elasticSpaceOf(
  structure: ModelStructure,
  { method, adapter, elastic }: Recipe,
): ElasticSpace {
  const common = { variant: 'pare', rank: adapter.rank, targets: adapter.targets } as const;
  if (method === 'lora' || !elastic) return fixedSpace(structure, adapter);
  return buildSpace(structure, {
    ...common,
    preset: method,
    rankFractions: elastic.ranks,
    widthFractions: method === 'lonas' ? elastic.widths : [1],
    uniformWidth: elastic.uniform,
  });
}

/** Every adapter at its full rank, every width full. */
export function fixedSpace(structure: ModelStructure, { rank, targets }: Recipe['adapter']): ElasticSpace {
  return buildSpace(structure, { variant: 'published', preset: 'shears', rank, targets, rankFractions: [1] });
}
