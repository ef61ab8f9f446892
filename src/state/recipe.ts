import { createStore } from 'zustand/vanilla';
import { PareError } from '../lib/assert.ts';
import { defaultRecipe, presets } from '../recipes/presets.ts';
import { recipeSchema } from '../session/recipe.ts';
import type { Method, Recipe } from '../session/recipe.ts';
import { firstIssue } from '../session/checkLog.ts';

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
  const parsed = recipeSchema.safeParse(next);
  if (!parsed.success) return firstIssue(parsed.error);
  const { recipe, past } = recipeStore.getState();
  if (JSON.stringify(recipe) === JSON.stringify(parsed.data)) return null;
  const now = Date.now();
  const burst = setting !== '' && setting === last.setting && now - last.time < coalesceMs && past.length > 0;
  last = { setting, time: now };
  recipeStore.setState({
    recipe: parsed.data,
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

/** The preset of a method, keeping the seed. */
export function chooseMethod(method: Method): void {
  const { recipe } = recipeStore.getState();
  if (recipe.method !== method) changeRecipe({ ...presets[method].recipe(recipe.task), seed: recipe.seed });
}

/** Pairs are asked for exactly, plain text is scored by perplexity. */
export function fitRecipeToData(kind: 'pairs' | 'documents'): void {
  const { recipe } = recipeStore.getState();
  if (kind === 'documents' && recipe.task === 'exact') {
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
  const problem = changeRecipe(value);
  if (problem)
    throw new PareError('recipe-invalid', `The recipe file does not hold a valid recipe: ${problem}`, remedy);
}
