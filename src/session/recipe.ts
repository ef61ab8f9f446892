import { z } from 'zod';
import { templates } from '../datasets/template.ts';

/**
 * A recipe: everything that decides a run, apart from the model and the data. It is what the Recipe panel edits,
 * what a recipe file holds, and what a share link carries. Names and defaults follow METHODS (paper §3–4).
 */
const fraction = z.number().gt(0).lte(1);
const count = (max: number) => z.int().min(1).max(max);

/** Of `maxLength`, in tokens. */
export const mostLength = 8192;

export const moduleRoles = ['q', 'k', 'v', 'o', 'gate', 'up', 'down', 'head', 'embedding'] as const;

export const methods = [
  'lora',
  'lonas',
  'lonas-plus',
  'shears',
  'sqft',
  'sqft-sparsepeft',
  'sqft-qa-sparsepeft',
] as const;

export const sparsitySchema = z.strictObject({
  /** `existing`: the zeros that the model came with, and no others. */
  method: z.enum(['wanda', 'magnitude', 'existing']),
  /** Share of each output row that becomes zero; ignored where `pattern` is given. */
  ratio: z.number().min(0).lt(1),
  /** N:M, N of every M consecutive inputs become zero. */
  pattern: z
    .strictObject({ n: count(15), m: count(16) })
    .refine(({ n, m }) => n < m, 'n must be less than m, or nothing is left')
    .nullable(),
  /** Training sequences that Wanda's activation norms are taken from. */
  calibration: count(4096),
});

/** INT4 on a grid of its own for each group of inputs (METHODS §6). */
export const quantizationSchema = z.strictObject({
  method: z.enum(['gptq', 'rtn']),
  /** Consecutive inputs that share a scale and a zero point. */
  group: z.union([z.literal(32), z.literal(64), z.literal(128)]),
  symmetric: z.boolean(),
  /** `exact`: scales that every format holds bit for bit. `plain`: unrounded. `published`: AutoGPTQ's, oddities included. */
  grid: z.enum(['exact', 'plain', 'published']),
  /** Of GPTQ: added to the Hessian's diagonal, as a share of its mean. */
  damping: z.number().gt(0).max(1),
  /** Training sequences behind GPTQ's Hessian. */
  calibration: count(4096),
});

/** What a search may minimise beside MACs and −score. */
export const thirdObjectives = ['parameters', 'bytes', 'latency'] as const;

/** How answers are scored (METHODS §12): each but perplexity gives a share of examples that are right. */
export const tasks = ['exact', 'generated', 'choice', 'perplexity'] as const;

/** What tasks other than exact match and perplexity have to decide. */
const scoringSchema = z.strictObject({
  /** Of a choice: the option of the highest log-likelihood as it is, or divided by its length in characters. */
  choice: z.enum(['plain', 'length']),
  /** Of generated answers: beams of the search (1: greedy), and tokens at most. */
  beams: count(8),
  answerTokens: count(1024),
});

export const defaultScoring = { choice: 'plain', beams: 1, answerTokens: 64 } as const;

const recipeObject = z.strictObject({
  version: z.literal(1),
  method: z.enum(methods),
  seed: z.int().min(0).max(0xffffffff),
  task: z.enum(tasks),
  /** What the model reads around a question; `auto`: what the data set was published with. */
  template: z.enum(templates).default('auto'),
  scoring: scoringSchema.default(defaultScoring),
  /** Positions a sequence, at most; longer examples are left out (text: cut). */
  maxLength: count(mostLength),
  /** Examples held out of training: what the search scores on, and what the final table is measured on. */
  split: z.strictObject({ validation: count(100_000), test: count(100_000) }),
  sparsity: sparsitySchema.nullable(),
  quantization: quantizationSchema.nullable().default(null),
  adapter: z.strictObject({
    rank: count(512),
    alpha: z.number().gt(0).max(4096),
    dropout: z.number().min(0).lt(1),
    targets: z
      .array(z.enum(moduleRoles))
      .min(1)
      .refine((roles) => new Set(roles).size === roles.length, 'a role is listed twice'),
  }),
  elastic: z
    .strictObject({
      /** Fractions of the rank and of the FFN width that a sub-network may keep. */
      ranks: z.array(fraction).min(1).max(16),
      widths: z.array(fraction).min(1).max(16),
      /** `importance` re-labels the FFN channels once before training; `file` is the published order. */
      order: z.enum(['importance', 'file']),
      /** One width, and one number of heads, for all layers: for loaders that know only one. */
      uniform: z.boolean(),
      /** Fractions of the KV groups (k and v head with their q heads) that attention may keep. */
      heads: z.array(fraction).min(1).max(16).default([1]),
    })
    .nullable(),
  training: z.strictObject({
    steps: z.int().min(0).max(1_000_000),
    batch: count(1024),
    learningRate: z.number().gt(0).max(1),
    warmup: z.int().min(0).max(100_000),
    schedule: z.enum(['cosine', 'constant']),
    weightDecay: z.number().min(0).max(1),
    clip: z.number().gt(0).max(1e6),
    loss: z.enum(['answer', 'all']),
    /** One random sub-network a sequence; with `sandwich` two of a batch (of three or more) are the largest and the smallest. */
    sampling: z.enum(['random', 'sandwich']),
  }),
  search: z
    .strictObject({
      algorithm: z.enum(['nsga2', 'random', 'hill-climb']),
      preset: z.enum(['pare', 'published']),
      population: z.int().min(2).max(1000),
      evaluations: count(100_000),
      /** Final choice: least MACs with accuracy ≥ reference − tolerance (perplexity ≤ reference · (1 + tolerance)). */
      tolerance: z.number().min(0).max(1),
      /** A third objective, minimised. `latency` is measured, on this device. */
      third: z.enum(thirdObjectives).nullable().default(null),
      /** A sub-network with less than this share of LoRA's score is infeasible; LoRA is then trained first. */
      leastOfLora: fraction.nullable().default(null),
    })
    .nullable(),
  /** Trains plain LoRA on the same base as well, so that the table can compare. */
  baseline: z.boolean().default(true),
});

/** A recipe, and what its parts have to do with each other. */
export const recipeSchema = recipeObject.superRefine((recipe, context) => {
  for (const { path, message } of contradictions(recipe)) context.addIssue({ code: 'custom', path, message });
});

export type Recipe = z.infer<typeof recipeObject>;
export type Method = Recipe['method'];
export type Task = Recipe['task'];

interface Rule {
  readonly path: string;
  readonly broken: (recipe: Recipe) => boolean;
  /** What to change. */
  readonly message: (recipe: Recipe) => string;
}

const adaptsOuter = ({ adapter }: Recipe) =>
  adapter.targets.some((role) => role === 'head' || role === 'embedding');

const rules: readonly Rule[] = [
  {
    path: 'adapter.dropout',
    broken: ({ method, adapter }) => mergesInside(method) && adapter.dropout > 0,
    message: ({ method }) => `${method} merges what training saw, so dropout must be 0`,
  },
  {
    path: 'adapter.targets',
    broken: (recipe) =>
      adaptsOuter(recipe) &&
      (mergesInside(recipe.method) || recipe.sparsity !== null || recipe.quantization !== null),
    message: () =>
      'adapters on head and embedding ship only where they merge into a dense base: take them out, or sparsity and quantization',
  },
  {
    path: 'search.third',
    broken: ({ method, search }) =>
      mergesInside(method) && (search?.third === 'bytes' || search?.third === 'latency'),
    message: ({ method, search }) =>
      `once merged, all ranks of ${method} have the same ${search?.third}: choose another`,
  },
  {
    path: 'sparsity',
    broken: ({ method, sparsity }) => mergesInside(method) && !sparsity,
    message: ({ method }) => `${method} needs a sparse base: give it a sparsity`,
  },
  {
    path: 'quantization',
    broken: ({ method, quantization }) => shipsInt4(method) && !quantization,
    message: ({ method }) => `${method} ships INT4: give it a quantization`,
  },
  {
    path: 'quantization',
    broken: ({ method, quantization }) => quantization !== null && !shipsInt4(method) && method !== 'lora',
    message: ({ method }) => `${method} keeps floating-point weights: set quantization to null`,
  },
  {
    path: 'elastic',
    broken: ({ method, elastic }) => (method === 'lora') === (elastic !== null),
    message: ({ method }) =>
      method === 'lora' ? 'lora has a fixed rank: set elastic to null' : `${method} needs elastic choices`,
  },
  {
    path: 'search',
    broken: ({ method, search }) => method === 'lora' && search !== null,
    message: () => 'lora has nothing to search: set search to null',
  },
  {
    path: 'elastic.widths',
    broken: ({ method, elastic }) =>
      !isSliced(method) && [...(elastic?.widths ?? []), ...(elastic?.heads ?? [])].some((part) => part < 1),
    message: ({ method }) => `${method} changes ranks only: widths and heads must be [1]`,
  },
];

/** What no single field can know to be wrong. */
function contradictions(recipe: Recipe): { path: string[]; message: string }[] {
  return rules
    .filter(({ broken }) => broken(recipe))
    .map(({ path, message }) => ({ path: path.split('.'), message: message(recipe) }));
}

const shipsInt4 = (method: Method): boolean => method === 'sqft' || method === 'sqft-qa-sparsepeft';

/** The merged weight is made inside the forward pass (SparsePEFT), so it ships without loss. */
export const mergesInside = (method: Method): boolean =>
  method === 'sqft-sparsepeft' || method === 'sqft-qa-sparsepeft';

/** Widths, heads (and blocks) are cut, not only ranks. */
export const isSliced = (method: Method): boolean => method === 'lonas' || method === 'lonas-plus';
