import { describe, expect, it } from 'vitest';
import { presets } from '../../recipes/presets.ts';
import { isSliced, mergesInside, methods, recipeSchema } from '../../session/recipe.ts';
import type { Recipe } from '../../session/recipe.ts';
import { settingNames } from '../../session/report/settingNames.ts';
import { boundsOf, problemWith, readFractions } from './recipeFields.ts';
import type { FieldSpec } from './recipeFields.ts';
import { groupsFor } from './recipeGroups.ts';

const recipes = methods.map((method) => presets[method].recipe('exact'));
/** Whether the whole recipe allows it; what contradicts it is refused where it is set (recipe.test.ts). */
const allows = (recipe: unknown): boolean => recipeSchema.safeParse(recipe).success;
const isOuter = (role: string): boolean => role === 'head' || role === 'embedding';
const adaptsOuter = ({ adapter }: Recipe): boolean => adapter.targets.some(isOuter);
/** Adapters on head and embedding go with a dense base only. */
const sparse = (recipe: Recipe): Recipe => ({
  ...recipe,
  adapter: { ...recipe.adapter, targets: recipe.adapter.targets.filter((role) => !isOuter(role)) },
  sparsity: { method: 'wanda', ratio: 0.5, pattern: { n: 2, m: 4 }, calibration: 8 },
});

function fieldsOf(recipe: Recipe): FieldSpec[] {
  const { lead, main, advanced } = groupsFor(recipe);
  return [...lead, ...main, ...advanced.flatMap(({ fields }) => fields)].filter(
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

/** What a person must be able to set: all that the method has, in any of the recipe's shapes. */
function wantedOf({ method }: Recipe, shapes: readonly Recipe[]): string[] {
  const unused = new Set(['version', 'method']);
  const none = (...paths: string[]) => paths.forEach((path) => unused.add(path));
  if (method === 'lora') none('training.sampling', 'baseline', 'elastic', 'search');
  else if (!isSliced(method)) none('elastic.widths', 'elastic.heads', 'elastic.order', 'elastic.uniform');
  if (method !== 'lora' && !method.startsWith('sqft')) none('quantization');
  if (method === 'sqft-sparsepeft') none('quantization');
  // Nothing but 0 is right there.
  if (mergesInside(method)) none('adapter.dropout');
  const all = new Set(shapes.flatMap((shape) => leaves(shape)));
  return [...all, 'sparsity.pattern'].filter((path) => !unused.has(path));
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
      return spec.options.map(([key]) => key).find((key) => key !== value && allows(spec.write(recipe, key)));
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
    const pruned = sparse(recipe);
    const shapes = [recipe, pruned, { ...pruned, sparsity: { ...pruned.sparsity!, pattern: null } }];
    if (recipe.search) shapes.push({ ...recipe, search: { ...recipe.search, leastOfLora: 0.5 } });
    shapes.push({ ...recipe, task: 'generated' }, { ...recipe, task: 'choice' });
    if (method === 'lora')
      shapes.push({ ...recipe, quantization: presets.sqft.recipe('exact').quantization });
    for (const shape of shapes) {
      for (const spec of fieldsOf(shape)) {
        for (const path of changedLeaves(shape, spec.write(shape, otherValue(spec, shape))))
          reached.add(path);
      }
    }
    expect(wantedOf(recipe, shapes).filter((path) => !reached.has(path))).toEqual([]);
  });

  it('take their own bounds, which the schema allows, and nothing beyond', () => {
    for (const recipe of recipes.flatMap((each) => [each, sparse(each)])) {
      for (const spec of fieldsOf(recipe)) {
        if (spec.kind !== 'number') continue;
        const { min, max } = boundsOf(spec, recipe);
        for (const shown of [min, max]) {
          const value = shown / (spec.scale ?? 1);
          expect([spec.label, problemWith(spec, value, recipe)]).toEqual([spec.label, null]);
          const dropsOut = spec.label === 'Dropout' && value > 0;
          const allowed = allows(spec.write(recipe, value));
          expect([spec.label, allowed]).toEqual([spec.label, !(dropsOut && mergesInside(recipe.method))]);
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
        for (const [value] of options) {
          const merges = mergesInside(recipe.method);
          const refused =
            (merges && ['dense', 'bytes', 'latency'].includes(value)) ||
            (spec.label === 'Pattern' && value !== 'dense' && adaptsOuter(recipe));
          expect([spec.label, value, allows(spec.write(recipe, value))]).toEqual([
            spec.label,
            value,
            !refused,
          ]);
        }
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

  it('keep the zeros that a model came with, and go back to pruning', () => {
    const shears = presets.shears.recipe('exact');
    const existing = written(shears, 'Pattern', 'existing');
    expect(existing.sparsity).toMatchObject({ method: 'existing', pattern: null });
    expect(fieldsOf(existing).map(({ label }) => label)).not.toContain('Prune by');
    expect(written(existing, 'Pattern', '2:4').sparsity).toMatchObject({
      method: 'wanda',
      pattern: { n: 2, m: 4 },
    });
  });

  it('put plain LoRA on INT4, and hide what round-to-nearest does not use', () => {
    const lora = presets.lora.recipe('exact');
    expect(fieldsOf(lora).map(({ label }) => label)).not.toContain('Group');
    const int4 = written(lora, 'Base weights', 'int4');
    expect(written(int4, 'Group', '32').quantization?.group).toBe(32);
    const nearest = written(int4, 'Round by', 'rtn');
    expect(fieldsOf(nearest).map(({ label }) => label)).not.toContain('Damping');
    expect(written(int4, 'Base weights', 'float').quantization).toBeNull();
  });

  it('ask for a share of LoRA’s score, or do not', () => {
    const lonas = presets.lonas.recipe('exact');
    const demanding = written(lonas, 'Demand a share of LoRA’s score', true);
    expect(demanding.search?.leastOfLora).toBeGreaterThan(0.5);
    expect(written(demanding, 'Demand a share of LoRA’s score', false).search).toEqual(lonas.search);
  });

  it('have a name of their own', () => {
    for (const recipe of recipes) {
      const labels = fieldsOf(recipe).map(({ label }) => label);
      expect(labels).toEqual([...new Set(labels)]);
    }
  });

  it('are called the same in a report', () => {
    const { lead, main, advanced } = groupsFor(presets.lonas.recipe('exact'));
    const fields = [...lead, ...main, ...advanced.flatMap((group) => group.fields)];
    const labels = new Set(fields.map(({ label }) => label));
    expect([...settingNames.values()].filter((name) => !labels.has(name))).toEqual([]);
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
