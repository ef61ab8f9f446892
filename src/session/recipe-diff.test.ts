import { describe, expect, it } from 'vitest';
import { leavesOf, recipeDifferences } from './recipe-diff.ts';
import type { Recipe } from './recipe.ts';
import { recipeFixture } from './session.testing.ts';

const recipe = recipeFixture;

describe('recipeDifferences', () => {
  it('finds nothing between equal recipes, whatever the order of their keys', () => {
    const turned = Object.fromEntries(Object.entries(recipe).toReversed()) as Recipe;
    expect(recipeDifferences([recipe, structuredClone(recipe), turned])).toEqual([]);
    expect(recipeDifferences([recipe])).toEqual([]);
    expect(recipeDifferences([])).toEqual([]);
  });

  it('names each field once, with the value of every recipe', () => {
    const second: Recipe = { ...recipe, seed: 8, training: { ...recipe.training, steps: 10 } };
    const third: Recipe = {
      ...recipe,
      adapter: { ...recipe.adapter, targets: ['q', 'v'] },
      baseline: false,
    };
    expect(recipeDifferences([recipe, second, third])).toEqual([
      { path: 'seed', values: ['7', '8', '7'] },
      { path: 'adapter.targets', values: ['q, k, v, up, down', 'q, k, v, up, down', 'q, v'] },
      { path: 'training.steps', values: ['300', '10', '300'] },
      { path: 'baseline', values: ['yes', 'yes', 'no'] },
    ]);
  });

  it('compares a section that one recipe lacks field by field', () => {
    const sparsity = { method: 'wanda', ratio: 0.5, pattern: null, calibration: 128 } as const;
    const sparse: Recipe = { ...recipe, method: 'shears', sparsity };
    const patterned: Recipe = { ...sparse, sparsity: { ...sparsity, pattern: { n: 2, m: 4 } } };
    expect(recipeDifferences([recipe, sparse])).toEqual([
      { path: 'method', values: ['lonas', 'shears'] },
      { path: 'sparsity.method', values: ['none', 'wanda'] },
      { path: 'sparsity.ratio', values: ['none', '0.5'] },
      { path: 'sparsity.calibration', values: ['none', '128'] },
    ]);
    expect(recipeDifferences([sparse, patterned])).toEqual([
      { path: 'sparsity.pattern.n', values: ['none', '2'] },
      { path: 'sparsity.pattern.m', values: ['none', '4'] },
    ]);
  });
});

describe('leavesOf', () => {
  it('says a missing section in one line', () => {
    expect(leavesOf(recipe)).toContainEqual(['sparsity', 'none']);
    expect(leavesOf(recipe)).toContainEqual(['elastic.ranks', '1, 0.75, 0.5']);
  });
});
