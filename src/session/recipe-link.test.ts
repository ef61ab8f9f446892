import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { methods } from './recipe.ts';
import { presets } from '../recipes/presets.ts';
import { isLink } from './link.ts';
import { recipeArbitrary } from './log.testing.ts';
import { decodeRecipeLink, encodeRecipeLink, isRecipeLink } from './recipe-link.ts';
import { recipeFixture } from './session.testing.ts';

describe('a recipe link', () => {
  it('gives back any recipe exactly', () => {
    fc.assert(
      fc.property(recipeArbitrary, (recipe) => {
        expect(decodeRecipeLink(encodeRecipeLink(recipe))).toEqual(recipe);
      }),
      { numRuns: 60 },
    );
  });

  it('stays within 2 kB for every preset, and is the same for the same recipe', () => {
    for (const method of methods) {
      const recipe = presets[method].recipe('exact');
      expect(encodeRecipeLink(recipe).length).toBeLessThanOrEqual(2048);
      expect(encodeRecipeLink(structuredClone(recipe))).toBe(encodeRecipeLink(recipe));
    }
  });

  it('is told apart from a session and from other fragments', () => {
    const link = encodeRecipeLink(recipeFixture);
    expect(link).toMatch(/^#r1\.[\w-]+$/);
    expect([isRecipeLink(link), isRecipeLink(link.slice(1)), isRecipeLink('#r9.x'), isLink(link)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(['#s1.AAAA', '#recipe', '#r1', ''].map(isRecipeLink)).toEqual([false, false, false, false]);
  });
});
