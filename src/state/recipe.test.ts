import { beforeEach, describe, expect, it, vi } from 'vitest';
import { presets } from '../recipes/presets.ts';
import { methods } from '../session/recipe.ts';
import {
  applyPublished,
  changeRecipe,
  chooseMethod,
  fitRecipeToData,
  importRecipe,
  publishedFor,
  recipeStore,
  recipeText,
  redoRecipe,
  resetRecipe,
  sameRecipe,
  undoRecipe,
} from './recipe.ts';

const lonas = presets.lonas.recipe('exact');
const sqft = presets.sqft.recipe('exact');
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

  it('keeps what belongs to the data and to chance when the method changes', () => {
    changeRecipe({ ...withSeed(42), maxLength: 99 });
    chooseMethod('shears');
    expect(recipe()).toMatchObject({ method: 'shears', seed: 42, maxLength: 99, sparsity: { ratio: 0.5 } });
  });

  it.each(methods)('begins %s at its preset, goes to the published one and back', (method) => {
    chooseMethod(method);
    const preset = recipe();
    applyPublished();
    const published = publishedFor(preset);
    expect(sameRecipe(recipe(), published ?? preset)).toBe(true);
    resetRecipe();
    expect(sameRecipe(recipe(), preset)).toBe(true);
  });

  it('says in words what contradicts the rest of it', () => {
    chooseMethod('sqft-sparsepeft');
    const { adapter } = recipe();
    expect(changeRecipe({ ...recipe(), adapter: { ...adapter, dropout: 0.1 } })).toMatch(
      /^SQFT \+ SparsePEFT .* dropout must be 0\.$/,
    );
    expect(changeRecipe({ ...recipe(), sparsity: null })).toMatch(/sparse base/);
    expect(recipe()).toMatchObject({ method: 'sqft-sparsepeft', adapter });
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

  it.each([
    [{ surprise: 1 }, /has no field “surprise”/],
    [{ adapter: { ...lonas.adapter, ranks: 8 } }, /adapter has no field “ranks”/],
    [{ method: 'shear' }, /method must be “lora”, .* or “sqft-qa-sparsepeft”, not "shear"/],
    [{ seed: -1 }, /seed must be at least 0, not -1/],
    [{ training: { ...lonas.training, learningRate: 0 } }, /training\.learningRate must be more than 0/],
    [{ split: { validation: 1.5, test: 1 } }, /split\.validation must be a whole number, not 1\.5/],
    [{ adapter: undefined }, /adapter must be of type object, but is missing/],
    [
      { quantization: { ...sqft.quantization, group: 100 } },
      /quantization\.group must be 32, 64 or 128, not 100/,
    ],
    [{ quantization: sqft.quantization }, /quantization: LoNAS keeps floating-point weights/],
  ])('of a file says which field is wrong: %j', (sections, message) => {
    expect(() => importRecipe(JSON.stringify({ ...lonas, ...sections }))).toThrow(message);
    expect(recipe()).toEqual(lonas);
  });
});
