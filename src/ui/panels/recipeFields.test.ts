import { describe, expect, it } from 'vitest';
import { presets } from '../../recipes/presets.ts';
import { recipeSchema } from '../../session/recipe.ts';
import type { Method, Recipe } from '../../session/recipe.ts';
import { boundsOf, problemWith, readFractions } from './recipeFields.ts';
import type { FieldSpec } from './recipeFields.ts';
import { groupsFor } from './recipeGroups.ts';

const methods: Method[] = ['lora', 'shears', 'lonas'];
const recipes = methods.map((method) => presets[method].recipe('exact'));
const sparse = (recipe: Recipe): Recipe => ({
  ...recipe,
  sparsity: { method: 'wanda', ratio: 0.5, pattern: { n: 2, m: 4 }, calibration: 8 },
});

function fieldsOf(recipe: Recipe): FieldSpec[] {
  const { main, advanced } = groupsFor(recipe);
  return [...main, ...advanced.flatMap(({ fields }) => fields)].filter(
    (spec) => spec.read(recipe) !== undefined,
  );
}
const field = (recipe: Recipe, label: string): FieldSpec => {
  const found = fieldsOf(recipe).find((spec) => spec.label === label);
  if (!found) throw new Error(`no field ${label}`);
  return found;
};
const written = (recipe: Recipe, label: string, value: unknown): Recipe =>
  recipeSchema.parse(field(recipe, label).write(recipe, value));

/** Paths of everything in a recipe that a person may want to set. */
function leaves(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, path ? `${path}.${key}` : key));
}

function changedLeaves(before: Recipe, after: unknown): string[] {
  const at = (root: unknown, path: string): unknown =>
    path
      .split('.')
      .reduce<unknown>(
        (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
        root,
      );
  return leaves(before).filter(
    (path) => JSON.stringify(at(before, path)) !== JSON.stringify(at(after, path)),
  );
}

/** Some other value that the field takes. */
function otherValue(spec: FieldSpec, recipe: Recipe): unknown {
  const value = spec.read(recipe);
  switch (spec.kind) {
    case 'number': {
      const { min, max } = boundsOf(spec, recipe);
      return (Number(value) * (spec.scale ?? 1) === max ? min : max) / (spec.scale ?? 1);
    }
    case 'select':
      return spec.options
        .map(([key]) => key)
        .find((key) => key !== value && key !== 'dense' && key !== 'none');
    case 'several':
      return ['o'];
    case 'fractions':
      return [1, 0.3];
    case 'switch':
      return value !== true;
    default:
      return spec satisfies never;
  }
}

describe('the fields of the Recipe panel', () => {
  it.each(methods)('reach every setting that %s uses', (method) => {
    const recipe = presets[method].recipe('exact');
    const reached = new Set<string>();
    for (const shape of [
      recipe,
      sparse(recipe),
      { ...sparse(recipe), sparsity: { ...sparse(recipe).sparsity!, pattern: null } },
    ]) {
      for (const spec of fieldsOf(shape)) {
        for (const path of changedLeaves(shape, spec.write(shape, otherValue(spec, shape))))
          reached.add(path);
      }
    }
    const unused: Record<Method, string[]> = {
      lora: ['training.sampling', 'baseline', 'elastic', 'search'],
      shears: ['elastic.widths', 'elastic.order', 'elastic.uniform'],
      lonas: ['sparsity'],
    };
    const wanted = [...leaves(sparse(recipe)), 'sparsity.pattern'].filter(
      (path) => !['version', 'method', ...unused[method]].includes(path),
    );
    expect(wanted.filter((path) => !reached.has(path))).toEqual([]);
  });

  it('take their own bounds, which the schema allows, and nothing beyond', () => {
    for (const recipe of recipes.flatMap((each) => [each, sparse(each)])) {
      for (const spec of fieldsOf(recipe)) {
        if (spec.kind !== 'number') continue;
        const { min, max } = boundsOf(spec, recipe);
        for (const shown of [min, max]) {
          const value = shown / (spec.scale ?? 1);
          expect([spec.label, problemWith(spec, value, recipe)]).toEqual([spec.label, null]);
          expect(recipeSchema.safeParse(spec.write(recipe, value)).success).toBe(true);
        }
        expect(problemWith(spec, (max + 1) / (spec.scale ?? 1), recipe)).toMatch(/rom .* to /);
      }
    }
  });

  it('offer only values that the schema knows, and explain themselves', () => {
    for (const recipe of recipes) {
      for (const spec of fieldsOf(recipe)) {
        expect(spec.about.length).toBeGreaterThan(10);
        const options = spec.kind === 'select' ? spec.options : [];
        for (const [value] of options)
          expect(recipeSchema.safeParse(spec.write(recipe, value)).error).toBeUndefined();
      }
    }
  });

  it('turn the sparsity pattern into what the recipe keeps', () => {
    const shears = presets.shears.recipe('exact');
    expect(field(shears, 'Pattern').read(shears)).toBe('ratio');
    const half = written(shears, 'Pattern', '2:4');
    expect(half.sparsity).toMatchObject({ pattern: { n: 2, m: 4 }, method: 'wanda' });
    expect(written(half, 'N zeros', 1).sparsity?.pattern).toEqual({ n: 1, m: 4 });
    expect(problemWith(field(half, 'N zeros'), 4, half)).toMatch('1 to 3');
    const dense = written(half, 'Pattern', 'dense');
    expect(dense.sparsity).toBeNull();
    expect(written(dense, 'Pattern', 'ratio').sparsity).toMatchObject({ ratio: 0.5, pattern: null });
  });

  it('turn the search off and on again', () => {
    const lonas = presets.lonas.recipe('exact');
    const off = written(lonas, 'Algorithm', 'none');
    expect(off.search).toBeNull();
    expect(written(off, 'Algorithm', 'random').search).toEqual({ ...lonas.search, algorithm: 'random' });
  });

  it('read fractions as people type them', () => {
    expect(readFractions('1, 0.75 .5;')).toEqual([1, 0.75, 0.5]);
    const ranks = field(presets.lonas.recipe('exact'), 'Rank fractions');
    for (const text of ['1.5', 'one', '', '0'])
      expect(problemWith(ranks, readFractions(text), presets.lonas.recipe('exact'))).toMatch(/Fractions/);
  });
});
