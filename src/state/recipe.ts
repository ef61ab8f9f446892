import { createStore } from 'zustand/vanilla';
import { PareError } from '../lib/assert.ts';
import { defaultRecipe, presets, publishedRecipe } from '../recipes/presets.ts';
import type { Method, Recipe } from '../session/recipe.ts';
import { checkRecipe } from './recipeProblems.ts';
import type { RecipeProblem } from './recipeProblems.ts';

interface RecipeState {
  recipe: Recipe;
  past: readonly Recipe[];
  future: readonly Recipe[];
}

/** The recipe that the next run will use. It is always valid; every change can be undone. */
export const recipeStore = createStore<RecipeState>(() => ({ recipe: defaultRecipe, past: [], future: [] }));

const mostUndo = 100;
/** Changes to one setting in quick succession (typing, an arrow key held down) are one step of undo. */
const coalesceMs = 800;
let last = { setting: '', time: 0 };

/**
 * Changes the recipe, or says why it cannot be so (and leaves it). `setting` names what is being changed, so that
 * a burst of changes to it is undone at once.
 */
export function changeRecipe(next: unknown, setting = ''): string | null {
  const checked = checkRecipe(next);
  if (Array.isArray(checked)) return checked[0]?.text ?? 'This is no recipe.';
  const { recipe, past } = recipeStore.getState();
  if (sameRecipe(recipe, checked)) return null;
  const now = performance.now();
  const burst = setting !== '' && setting === last.setting && now - last.time < coalesceMs && past.length > 0;
  last = { setting, time: now };
  recipeStore.setState({
    recipe: checked,
    past: burst ? past : [...past, recipe].slice(-mostUndo),
    future: [],
  });
  return null;
}

export function undoRecipe(): void {
  const { recipe, past, future } = recipeStore.getState();
  const previous = past.at(-1);
  last = { setting: '', time: 0 };
  if (previous)
    recipeStore.setState({ recipe: previous, past: past.slice(0, -1), future: [recipe, ...future] });
}

export function redoRecipe(): void {
  const { recipe, past, future } = recipeStore.getState();
  const [next, ...rest] = future;
  last = { setting: '', time: 0 };
  if (next) recipeStore.setState({ recipe: next, past: [...past, recipe], future: rest });
}

/** However they were written: the order of their keys says nothing. */
export const sameRecipe = (a: Recipe, b: Recipe): boolean => canonical(a) === canonical(b);

const canonical = (recipe: Recipe): string => JSON.stringify(recipe, (_, value: unknown) => sorted(value));

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The preset of a method. What belongs to the data and to chance rather than to the method stays as it was. */
export function presetFor(method: Method, recipe: Recipe): Recipe {
  return { ...presets[method].recipe(recipe.task), seed: recipe.seed, ...ofData(recipe) };
}

const ofData = ({ template, scoring, maxLength, split }: Recipe) => ({ template, scoring, maxLength, split });

/** Walking through the methods with the arrow keys is one step of undo. */
export function chooseMethod(method: Method): void {
  const { recipe } = recipeStore.getState();
  if (recipe.method !== method) changeRecipe(presetFor(method, recipe), 'method');
}

/** Back to what the method began with. */
export function resetRecipe(): void {
  const { recipe } = recipeStore.getState();
  changeRecipe(presetFor(recipe.method, recipe));
}

/** The paper's settings of the chosen method; null where they are the ones that it has anyway. */
export function publishedFor(recipe: Recipe): Recipe | null {
  const published = publishedRecipe(recipe.method, recipe.task);
  return published && { ...published, ...ofData(recipe) };
}

export function applyPublished(): void {
  const published = publishedFor(recipeStore.getState().recipe);
  if (published) changeRecipe(published);
}

/** Pairs are asked for exactly, plain text is scored by perplexity. */
export function fitRecipeToData(kind: 'pairs' | 'documents'): void {
  const { recipe } = recipeStore.getState();
  if (kind === 'documents' && recipe.task !== 'perplexity') {
    changeRecipe({ ...presets[recipe.method].recipe('perplexity'), seed: recipe.seed });
  }
}

export const recipeText = (): string => `${JSON.stringify(recipeStore.getState().recipe, null, 2)}\n`;

/** Takes a recipe file's text; throws what is wrong with it, and changes nothing then. */
export function importRecipe(text: string): void {
  const remedy = 'Choose a file that “Export recipe” has saved, or correct it and choose it again.';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PareError('recipe-damaged', 'The recipe file is not readable JSON.', remedy);
  }
  const checked = checkRecipe(value);
  if (Array.isArray(checked))
    throw new PareError(
      'recipe-invalid',
      `The recipe file does not hold a valid recipe. ${listed(checked)}`,
      remedy,
    );
  changeRecipe(checked);
}

const mostListed = 3;

/** Each with its field, since a file is corrected by hand. */
function listed(problems: readonly RecipeProblem[]): string {
  const shown = problems
    .slice(0, mostListed)
    .map(({ path, text }) => (text.startsWith(path || 'The recipe') ? text : `${path}: ${text}`));
  const others = problems.length - shown.length;
  return [...shown, ...(others > 0 ? [`And ${others} more.`] : [])].join(' ');
}
