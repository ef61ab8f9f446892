import { beforeEach, describe, expect, it, vi } from 'vitest';
import { presets } from '../recipes/presets.ts';
import {
  changeRecipe,
  chooseMethod,
  fitRecipeToData,
  importRecipe,
  recipeStore,
  recipeText,
  redoRecipe,
  undoRecipe,
} from './recipe.ts';

const lonas = presets.lonas.recipe('exact');
const recipe = () => recipeStore.getState().recipe;
const withSeed = (seed: unknown) => ({ ...recipe(), seed });

beforeEach(() => {
  undoRecipe(); // Ends whatever burst the test before was in.
  recipeStore.setState({ recipe: lonas, past: [], future: [] });
});

describe('the recipe', () => {
  it('is LoNAS at first', async () => {
    vi.resetModules();
    const fresh = await import('./recipe.ts');
    expect(fresh.recipeStore.getState().recipe.method).toBe('lonas');
  });

  it('changes, and can be undone and redone', () => {
    expect(changeRecipe(withSeed(5))).toBeNull();
    expect(changeRecipe(withSeed(6))).toBeNull();
    undoRecipe();
    expect(recipe().seed).toBe(5);
    undoRecipe();
    undoRecipe();
    expect(recipe()).toEqual(lonas);
    redoRecipe();
    redoRecipe();
    redoRecipe();
    expect(recipe().seed).toBe(6);
  });

  it('forgets what was undone once it is changed again', () => {
    changeRecipe(withSeed(5));
    undoRecipe();
    changeRecipe(withSeed(7));
    expect(recipeStore.getState().future).toEqual([]);
  });

  it('undoes a burst of changes to one setting at once', () => {
    for (const seed of [1, 12, 123]) changeRecipe(withSeed(seed), 'seed');
    changeRecipe({ ...recipe(), maxLength: 32 }, 'maxLength');
    undoRecipe();
    expect(recipe().seed).toBe(123);
    undoRecipe();
    expect(recipe()).toEqual(lonas);
  });

  it('refuses what is not valid, says why, and stays as it was', () => {
    expect(changeRecipe(withSeed(-1))).toMatch(/seed/);
    expect(changeRecipe({ ...recipe(), surprise: 1 })).toMatch(/surprise/);
    expect(recipeStore.getState()).toMatchObject({ recipe: lonas, past: [] });
  });

  it('keeps the seed when the method changes', () => {
    changeRecipe(withSeed(42));
    chooseMethod('shears');
    expect(recipe()).toMatchObject({ method: 'shears', seed: 42, sparsity: { ratio: 0.5 } });
  });

  it('scores plain text by perplexity', () => {
    fitRecipeToData('pairs');
    expect(recipe().task).toBe('exact');
    fitRecipeToData('documents');
    expect(recipe().task).toBe('perplexity');
  });

  it('survives its file, and refuses a broken one', () => {
    changeRecipe(withSeed(9));
    const text = recipeText();
    changeRecipe(withSeed(1));
    importRecipe(text);
    expect(recipe().seed).toBe(9);
    expect(() => importRecipe('{')).toThrow(/not readable/);
    expect(() => importRecipe('{"version":1}')).toThrow(/valid recipe/);
    expect(recipe().seed).toBe(9);
  });
});
