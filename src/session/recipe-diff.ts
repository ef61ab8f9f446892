import type { Recipe } from './recipe.ts';

export interface RecipeDifference {
  /** `training.steps`; a section that one of the recipes lacks is compared field by field. */
  readonly path: string;
  /** One for each recipe, in order, as they read: `300`, `q, k, v`, `none`, `yes`. */
  readonly values: readonly string[];
}

/** The fields in which two or more recipes differ, in the recipes' own order. */
export function recipeDifferences(recipes: readonly Recipe[]): RecipeDifference[] {
  const flat = recipes.map((recipe) => new Map(leavesOf(recipe)));
  const paths = [...new Set(flat.flatMap((leaves) => [...leaves.keys()]))];
  return paths
    .map((path) => ({ path, values: flat.map((leaves) => leaves.get(path) ?? none) }))
    .filter(({ path, values }) => !isSection(path, paths) && values.some((value) => value !== values[0]));
}

const none = 'none';

/** A null whose fields another recipe has: they say all there is to say. */
const isSection = (path: string, paths: readonly string[]): boolean =>
  paths.some((other) => other.startsWith(`${path}.`));

/** [`training.steps`, `300`] and so on. Lists are one leaf, and so is a section that is null. */
export function leavesOf(value: object, path = ''): [path: string, text: string][] {
  return Object.entries(value).flatMap(([key, item]: [string, unknown]): [string, string][] => {
    const place = path ? `${path}.${key}` : key;
    const isObject = item !== null && typeof item === 'object' && !Array.isArray(item);
    return isObject ? leavesOf(item, place) : [[place, leafText(item)]];
  });
}

function leafText(item: unknown): string {
  if (item === null) return none;
  if (Array.isArray(item)) return item.map(leafText).join(', ');
  if (typeof item === 'boolean') return item ? 'yes' : 'no';
  return typeof item === 'string' ? item : JSON.stringify(item);
}
