import type { Method, Recipe } from '../session/recipe.ts';

type Task = Recipe['task'];

export interface Preset {
  label: string;
  /** One line for the Recipe panel. */
  summary: string;
  recipe: (task: Task) => Recipe;
}

const base = (task: Task): Omit<Recipe, 'method' | 'sparsity' | 'elastic' | 'search'> => ({
  version: 1,
  seed: 0,
  task,
  maxLength: task === 'exact' ? 64 : 256,
  split: { validation: 160, test: 400 },
  adapter: { rank: 8, alpha: 16, dropout: 0, targets: ['q', 'k', 'v', 'up', 'down'] },
  training: {
    steps: 300,
    batch: 8,
    learningRate: 3e-3,
    warmup: 0,
    schedule: 'cosine',
    weightDecay: 0,
    clip: 1,
    loss: 'answer',
    sampling: 'random',
  },
  baseline: true,
});

const search: Recipe['search'] = {
  algorithm: 'nsga2',
  preset: 'pare',
  population: 8,
  evaluations: 48,
  tolerance: 0.01,
};

/** The recipes of the paper as Pare ships them; METHODS §3–4 say where the numbers come from. */
export const presets: Record<Method, Preset> = {
  lonas: {
    label: 'LoNAS',
    summary: 'Elastic FFN widths and ranks. The model you keep is really sliced smaller.',
    recipe: (task) => ({
      ...base(task),
      method: 'lonas',
      adapter: { ...base(task).adapter, targets: ['q', 'k', 'v', 'gate', 'up', 'down'] },
      // Measured on the demo: the minimal sub-network gains 8 points, the others lose nothing (tools/demo/study.md).
      training: { ...base(task).training, sampling: 'sandwich' },
      sparsity: null,
      elastic: {
        ranks: [1, 0.875],
        widths: [1, 0.875, 0.75, 0.625, 0.5],
        order: 'importance',
        uniform: false,
      },
      search,
    }),
  },
  shears: {
    label: 'Shears',
    summary: 'Half of the weights become zero, elastic-rank adapters win the accuracy back.',
    recipe: (task) => ({
      ...base(task),
      method: 'shears',
      sparsity: { method: 'wanda', ratio: 0.5, pattern: null, calibration: 128 },
      elastic: { ranks: [1, 0.75, 0.5], widths: [1], order: 'file', uniform: false },
      search,
    }),
  },
  lora: {
    label: 'LoRA',
    summary: 'One adapter of fixed rank on the whole model: the baseline.',
    recipe: (task) => ({ ...base(task), method: 'lora', sparsity: null, elastic: null, search: null }),
  },
};

export const defaultRecipe: Recipe = presets.lonas.recipe('exact');
