import { z } from 'zod';

/**
 * A recipe: everything that decides a run, apart from the model and the data. It is what the Recipe panel edits,
 * what a recipe file holds, and what a share link carries. Names and defaults follow METHODS (paper §3–4).
 */
const fraction = z.number().gt(0).lte(1);
const count = (max: number) => z.int().min(1).max(max);

export const moduleRoles = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;

export const sparsitySchema = z.strictObject({
  method: z.enum(['wanda', 'magnitude']),
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

export const recipeSchema = z.strictObject({
  version: z.literal(1),
  method: z.enum(['lora', 'shears', 'lonas']),
  seed: z.int().min(0).max(0xffffffff),
  task: z.enum(['exact', 'perplexity']),
  /** Positions a sequence, at most; longer examples are left out (text: cut). */
  maxLength: count(8192),
  /** Examples held out of training: what the search scores on, and what the final table is measured on. */
  split: z.strictObject({ validation: count(100_000), test: count(100_000) }),
  sparsity: sparsitySchema.nullable(),
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
      /** One width for all layers, for loaders that know only one. */
      uniform: z.boolean(),
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
    })
    .nullable(),
  /** Trains plain LoRA on the same base as well, so that the table can compare. */
  baseline: z.boolean().default(true),
});

export type Recipe = z.infer<typeof recipeSchema>;
export type Method = Recipe['method'];
