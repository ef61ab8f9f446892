import type { ModelStructure } from '../models/structure.ts';
import { buildSpace, type PresetName } from '../search/presets.ts';
import type { ElasticSpace } from '../search/space.ts';
import { isSliced, type Method, type Recipe } from '../session/recipe.ts';

/** Which published space a recipe's genes are laid out as. */
const spaces: Record<Method, PresetName> = {
  lora: 'shears',
  lonas: 'lonas',
  'lonas-plus': 'lonas-plus',
  shears: 'shears',
  sqft: 'sqft',
  'sqft-sparsepeft': 'sqft',
  'sqft-qa-sparsepeft': 'sqft',
};

/** The search space of a recipe on a model; for plain LoRA a space without genes whose fixed ranks are r_max. */
export function elasticSpaceOf(
  structure: ModelStructure,
  { method, adapter, elastic }: Recipe,
): ElasticSpace {
  if (method === 'lora' || !elastic) return fixedSpace(structure, adapter);
  return buildSpace(structure, {
    variant: 'pare',
    preset: spaces[method],
    rank: adapter.rank,
    targets: adapter.targets,
    rankFractions: elastic.ranks,
    widthFractions: isSliced(method) ? elastic.widths : [1],
    headFractions: isSliced(method) ? elastic.heads : [1],
    uniform: elastic.uniform,
  });
}

/** Every adapter at its full rank, every width full. */
export function fixedSpace(structure: ModelStructure, { rank, targets }: Recipe['adapter']): ElasticSpace {
  return buildSpace(structure, { variant: 'published', preset: 'shears', rank, targets, rankFractions: [1] });
}
