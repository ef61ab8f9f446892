import {
  defaultScoring,
  mergesInside,
  moduleRoles,
  type Method,
  type Recipe,
  type Task,
} from '../session/recipe.ts';

export interface Preset {
  label: string;
  /** One line for the Recipe panel. */
  summary: string;
  recipe: (task: Task) => Recipe;
}

/**
 * Answers that are written reason first. GSM8K's questions have up to about 230 tokens, with their worked answers 99 % have
 * fewer than 410 (both counted high, as words of six letters at most, digits and signs); examples are trained on whole.
 */
const maxLengths: Readonly<Record<Task, number>> = { exact: 64, choice: 64, generated: 512, perplexity: 256 };

const base = (task: Task): Omit<Recipe, 'method' | 'elastic' | 'search'> => ({
  version: 1,
  seed: 0,
  task,
  template: 'auto',
  scoring: defaultScoring,
  maxLength: maxLengths[task],
  split: { validation: 160, test: 400 },
  sparsity: null,
  quantization: null,
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

const search: NonNullable<Recipe['search']> = {
  algorithm: 'nsga2',
  preset: 'pare',
  population: 8,
  evaluations: 48,
  tolerance: 0.01,
  third: null,
  leastOfLora: null,
};

const sparsity: Recipe['sparsity'] = { method: 'wanda', ratio: 0.5, pattern: null, calibration: 128 };

/** Groups of 64 divide the inputs of nearly every model; 128 is the published size. */
const quantization: Recipe['quantization'] = {
  method: 'gptq',
  group: 64,
  symmetric: false,
  grid: 'exact',
  // Not GPTQ's 1 %: on a sparse base, where masked weights take no update, 10 % left a smaller error (docs/performance.md).
  damping: 0.1,
  calibration: 128,
};

type Elastic = NonNullable<Recipe['elastic']>;

const elasticRanks: Elastic = {
  ranks: [1, 0.75, 0.5],
  widths: [1],
  heads: [1],
  order: 'file',
  uniform: false,
};

const sliced: Elastic = {
  ranks: [1, 0.875],
  widths: [1, 0.875, 0.75, 0.625, 0.5],
  heads: [1, 0.75, 0.5],
  order: 'importance',
  uniform: false,
};

/** On a base of half zeros, with elastic ranks. */
const sparse = (task: Task, method: Method): Recipe => ({
  ...base(task),
  method,
  sparsity,
  elastic: elasticRanks,
  search,
});

/** The recipes of the paper as Pare ships them, from simple to rich; METHODS §3–4 say where the numbers come from. */
export const presets: Record<Method, Preset> = {
  lora: {
    label: 'LoRA',
    summary: 'One adapter of fixed rank on the whole model: the baseline.',
    recipe: (task) => ({ ...base(task), method: 'lora', elastic: null, search: null }),
  },
  lonas: {
    label: 'LoNAS',
    summary: 'Elastic FFN widths, heads and ranks. The model you keep is really sliced smaller.',
    recipe: (task) => ({
      ...base(task),
      method: 'lonas',
      adapter: { ...base(task).adapter, targets: ['q', 'k', 'v', 'gate', 'up', 'down'] },
      // Measured on the demo: the minimal sub-network gains 8 points, the others lose nothing (tools/demo/study.md).
      training: { ...base(task).training, sampling: 'sandwich' },
      elastic: sliced,
      search,
    }),
  },
  'lonas-plus': {
    label: 'LoNAS+',
    summary: 'LoNAS with adapters on every module, embedding and head too, and whole blocks that can go.',
    recipe: (task) => ({
      ...base(task),
      method: 'lonas-plus',
      adapter: { ...base(task).adapter, targets: [...moduleRoles] },
      // Adapters on embedding and head move every logit: at the others' 3e-3 the heuristic was 6 points lower (seed 100).
      training: { ...base(task).training, learningRate: 1.5e-3, sampling: 'sandwich' },
      elastic: sliced,
      search,
    }),
  },
  shears: {
    label: 'Shears',
    summary: 'Half of the weights become zero, elastic-rank adapters win the accuracy back.',
    recipe: (task) => sparse(task, 'shears'),
  },
  sqft: {
    label: 'SQFT',
    summary: 'Sparse and INT4: the smallest base, with an elastic adapter beside it.',
    recipe: (task) => ({ ...sparse(task, 'sqft'), quantization }),
  },
  'sqft-sparsepeft': {
    label: 'SQFT + SparsePEFT',
    summary: 'The adapter is masked like the base, so it merges and every zero stays: one sparse model.',
    recipe: (task) => sparse(task, 'sqft-sparsepeft'),
  },
  'sqft-qa-sparsepeft': {
    label: 'SQFT + QA-SparsePEFT',
    summary: 'Trained on the INT4 grid itself, so it merges without loss: sparse INT4 only, no adapter left.',
    recipe: (task) => ({ ...sparse(task, 'sqft-qa-sparsepeft'), quantization }),
  },
};

/**
 * The recipe as the papers' code runs it (METHODS §3, §4, §6, §9): rank 32, dropout where nothing is merged inside the
 * forward pass, file order and no elastic heads (LoNAS), symmetric GPTQ in groups of 128 with AutoGPTQ's oddities (SQFT),
 * NSGA-II from a random population, seed 0. Steps, splits and lengths belong to the data and stay Pare's. Null for LoNAS+,
 * of which nothing was published.
 */
export function publishedRecipe(method: Method, task: Task): Recipe | null {
  if (method === 'lonas-plus') return null;
  const recipe = presets[method].recipe(task);
  const { elastic, quantization: int4, adapter, training } = recipe;
  const isSqft = method.startsWith('sqft');
  return {
    ...recipe,
    seed: 0,
    adapter: { ...adapter, rank: 32, alpha: 64, dropout: mergesInside(method) ? 0 : 0.1 },
    training: {
      ...training,
      batch: 16,
      learningRate: method === 'sqft' ? 1e-4 : 3e-4,
      warmup: isSqft ? 100 : 0,
      sampling: 'random',
      loss: method === 'lonas' ? 'all' : 'answer',
    },
    elastic: elastic && { ...elastic, order: 'file', heads: [1] },
    quantization: int4 && { ...int4, group: 128, symmetric: true, grid: 'published', damping: 0.1 },
    search: recipe.search && { ...recipe.search, preset: 'published', evaluations: 200 },
  };
}

export const defaultRecipe: Recipe = presets.lonas.recipe('exact');
