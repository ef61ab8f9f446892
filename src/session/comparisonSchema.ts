import { z } from 'zod';
import { genomeSchema, resultRowSchema } from './events.ts';
import type { DataInfo, ModelInfo, ResultRow } from './events.ts';
import { methods } from './recipe.ts';
import type { Recipe } from './recipe.ts';
import type { SessionView } from './view.ts';

/** What a comparison needs of a finished run; a session view has it (`comparedRun`). */
export interface ComparedRun {
  readonly date: string;
  readonly recipe: Recipe;
  readonly metric: SessionView['metric'];
  readonly model: Pick<ModelInfo, 'name' | 'sha256'>;
  readonly data: Pick<DataInfo, 'name' | 'sha256'>;
  /** As people read them; of several choices only the latest. */
  readonly rows: readonly ResultRow[];
}

const name = z.string().max(200);
const file = z.strictObject({ name, sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** A number of one run, or the mean over runs that differ in their seed only. */
export const figureSchema = z.strictObject({
  mean: z.number(),
  /** Sample standard deviation over the seeds; null for one run. */
  sd: z.number().min(0).nullable(),
  /** Runs behind it. */
  n: z.int().min(1),
  /**
   * 95 %. One run: of its test examples (Wilson; null for perplexity and for what is no proportion). Several: t-interval
   * of the mean over the seeds.
   */
  interval: z.tuple([z.number(), z.number()]).nullable(),
});

export const comparisonRowSchema = z.strictObject({
  model: file,
  data: file,
  metric: z.enum(['accuracy', 'perplexity']),
  method: z.enum(methods),
  /** What sets the recipe apart from others of its method on this model and data, e.g. `sparsity.ratio 0.4`; else ''. */
  variant: z.string().max(2000),
  /** As in the run's own table: `Shears heuristic`, `LoRA`, … */
  label: name,
  tag: resultRowSchema.shape.tag,
  /** Of the runs behind the row, ascending. */
  seeds: z.array(z.int().min(0)).min(1),
  /** Of the sub-network, where it is the same for all seeds. */
  genome: genomeSchema.nullable(),
  /** Accuracy in 0..1 or perplexity, on the run's own test split. */
  score: figureSchema,
  examples: z.int().min(0),
  /** The same on each further test set. */
  tests: z.array(z.strictObject({ name, score: figureSchema, examples: z.int().min(0) })),
  /** Mean over the own and all further test sets, the papers' "average score"; null without further ones. */
  average: figureSchema.nullable(),
  /** Score over plain LoRA's with the same seed (of perplexities the inverse, so more is better); null without LoRA. */
  relative: figureSchema.nullable(),
  sparsity: figureSchema,
  precision: name,
  tmacsAt256: figureSchema,
  totalParameters: figureSchema,
  nonZeroParameters: figureSchema,
  /** Over the runs that measured it. */
  speedup: figureSchema.nullable(),
  /** Exported weights, over the runs whose row ships. */
  bytes: figureSchema.nullable(),
});

/** The JSON export. */
export const comparisonSchema = z.strictObject({
  version: z.literal(1),
  rows: z.array(comparisonRowSchema).max(100_000),
});

export type Figure = z.infer<typeof figureSchema>;
export type ComparisonRow = z.infer<typeof comparisonRowSchema>;
