import type { Recipe } from '../../session/recipe.ts';

/** Where a setting lives in the recipe: `training.steps`. */
type Path = readonly [keyof Recipe] | readonly [keyof Recipe, string];

export type FieldSpec = { path: Path; label: string } & (
  | { kind: 'number'; unit?: string; step?: number; scale?: number }
  | { kind: 'select'; options: readonly (readonly [string, string])[] }
  | { kind: 'list' }
  | { kind: 'switch' }
);

/** What people change most. */
export const mainFields: readonly FieldSpec[] = [
  { path: ['sparsity', 'ratio'], label: 'Sparsity', kind: 'number', unit: '%', step: 5, scale: 100 },
  { path: ['adapter', 'rank'], label: 'Rank', kind: 'number', step: 1 },
  { path: ['training', 'steps'], label: 'Steps', kind: 'number', step: 50 },
  { path: ['search', 'population'], label: 'Population', kind: 'number', step: 1 },
  { path: ['search', 'evaluations'], label: 'Evaluations', kind: 'number', step: 8 },
  { path: ['seed'], label: 'Seed', kind: 'number', step: 1 },
];

/** Everything else, by what it belongs to. */
export const advancedFields: readonly { title: string; fields: readonly FieldSpec[] }[] = [
  {
    title: 'Adapters',
    fields: [
      { path: ['adapter', 'alpha'], label: 'Alpha', kind: 'number' },
      { path: ['adapter', 'dropout'], label: 'Dropout', kind: 'number', unit: '%', step: 1, scale: 100 },
      { path: ['adapter', 'targets'], label: 'Modules', kind: 'list' },
      { path: ['elastic', 'ranks'], label: 'Rank fractions', kind: 'list' },
      { path: ['elastic', 'widths'], label: 'Width fractions', kind: 'list' },
      {
        path: ['elastic', 'order'],
        label: 'Channel order',
        kind: 'select',
        options: [
          ['importance', 'By importance'],
          ['file', 'As in the file'],
        ],
      },
      { path: ['elastic', 'uniform'], label: 'One width for all layers', kind: 'switch' },
    ],
  },
  {
    title: 'Training',
    fields: [
      { path: ['training', 'batch'], label: 'Batch', kind: 'number', step: 1 },
      { path: ['training', 'learningRate'], label: 'Learning rate', kind: 'number' },
      { path: ['training', 'warmup'], label: 'Warm-up', kind: 'number', step: 1 },
      { path: ['training', 'weightDecay'], label: 'Weight decay', kind: 'number' },
      { path: ['training', 'clip'], label: 'Gradient clip', kind: 'number' },
      {
        path: ['training', 'schedule'],
        label: 'Schedule',
        kind: 'select',
        options: [
          ['cosine', 'Cosine'],
          ['constant', 'Constant'],
        ],
      },
      {
        path: ['training', 'loss'],
        label: 'Loss on',
        kind: 'select',
        options: [
          ['answer', 'The answer'],
          ['all', 'Prompt and answer'],
        ],
      },
      {
        path: ['training', 'sampling'],
        label: 'Sub-networks',
        kind: 'select',
        options: [
          ['random', 'Random'],
          ['sandwich', 'Sandwich'],
        ],
      },
      { path: ['baseline'], label: 'Train plain LoRA as well, to compare', kind: 'switch' },
    ],
  },
  {
    title: 'Pruning',
    fields: [
      {
        path: ['sparsity', 'method'],
        label: 'Importance',
        kind: 'select',
        options: [
          ['wanda', 'Wanda'],
          ['magnitude', 'Magnitude'],
        ],
      },
      { path: ['sparsity', 'calibration'], label: 'Calibration examples', kind: 'number', step: 1 },
    ],
  },
  {
    title: 'Search',
    fields: [
      {
        path: ['search', 'algorithm'],
        label: 'Algorithm',
        kind: 'select',
        options: [
          ['nsga2', 'NSGA-II'],
          ['random', 'Random search'],
          ['hill-climb', 'Hill climb'],
        ],
      },
      {
        path: ['search', 'preset'],
        label: 'Operators',
        kind: 'select',
        options: [
          ['pare', 'Pare'],
          ['published', 'As published'],
        ],
      },
      { path: ['search', 'tolerance'], label: 'Tolerance', kind: 'number', unit: '%', scale: 100 },
    ],
  },
  {
    title: 'Scoring',
    fields: [
      {
        path: ['task'],
        label: 'Task',
        kind: 'select',
        options: [
          ['exact', 'Exact match'],
          ['perplexity', 'Perplexity'],
        ],
      },
      { path: ['maxLength'], label: 'Longest example', kind: 'number', step: 1, unit: 'tokens' },
      { path: ['split', 'validation'], label: 'Validation', kind: 'number', step: 1 },
      { path: ['split', 'test'], label: 'Test', kind: 'number', step: 1 },
    ],
  },
];

/** undefined where the recipe's method has no such setting; its field is then not shown. */
export function readField(recipe: Recipe, [section, key]: Path): unknown {
  const value: unknown = recipe[section];
  if (key === undefined) return value;
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** The recipe with one setting changed, not yet checked. */
export function withField(recipe: Recipe, [section, key]: Path, value: unknown): unknown {
  if (key === undefined) return { ...recipe, [section]: value };
  return { ...recipe, [section]: { ...(recipe[section] as object), [key]: value } };
}

/** "1, 0.75, .5" → numbers; "q k v" → words. */
export function readList(text: string): (string | number)[] {
  const items = text.split(/[\s,;]+/).filter(Boolean);
  return items.map((item) => (Number.isNaN(Number(item)) ? item : Number(item)));
}
