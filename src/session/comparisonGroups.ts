import type { ComparedRun } from './comparisonSchema.ts';
import { leavesOf } from './recipe-diff.ts';
import type { Recipe } from './recipe.ts';

/** Runs of one recipe on one model and data file, with one run a seed. */
export interface SeedGroup {
  /** By ascending seed. */
  readonly runs: readonly [ComparedRun, ...ComparedRun[]];
  /** What sets its recipe apart from those of the same method in its section; '' where it is the only one. */
  readonly variant: string;
}

/** In the order of their first runs. */
export function seedGroups(runs: readonly ComparedRun[]): SeedGroup[] {
  const byRecipe = new Map<string, Map<number, ComparedRun>>();
  for (const run of runs) {
    const key = [sectionKey(run), ...choicesOf(run.recipe)].join('\n');
    const bySeed = byRecipe.get(key) ?? new Map<number, ComparedRun>();
    const known = bySeed.get(run.recipe.seed);
    if (!known || known.date <= run.date) bySeed.set(run.recipe.seed, run);
    byRecipe.set(key, bySeed);
  }
  const groups = [...byRecipe.values()].map((bySeed) => {
    return [...bySeed.values()].toSorted((a, b) => a.recipe.seed - b.recipe.seed) as [ComparedRun];
  });
  return groups.map((members) => ({ runs: members, variant: variantOf(members[0], groups) }));
}

const sectionKey = ({ model, data, metric }: ComparedRun): string =>
  [model.sha256, data.sha256, metric].join(' ');

/** All of a recipe but its seed, as lines: `training.steps 300`; sorted, so that the order of keys does not matter. */
const choicesOf = (recipe: Recipe): string[] =>
  leavesOf(recipe)
    .filter(([path]) => path !== 'seed')
    .map(([path, text]) => `${path} ${text}`)
    .toSorted();

/** The leaves that not all recipes of its method in its section share. */
function variantOf(run: ComparedRun, groups: readonly (readonly [ComparedRun])[]): string {
  const rivals = groups
    .map(([first]) => first)
    .filter((other) => sectionKey(other) === sectionKey(run) && other.recipe.method === run.recipe.method)
    .map((other) => new Set(choicesOf(other.recipe)));
  return choicesOf(run.recipe)
    .filter((leaf) => !rivals.every((leaves) => leaves.has(leaf)))
    .join('; ')
    .slice(0, 2000);
}
