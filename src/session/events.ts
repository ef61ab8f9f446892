import { z } from 'zod';
import { exportFormats } from '../exporters/exporter.ts';
import { recipeSchema } from './recipe.ts';

/**
 * The session log. A run appends these events; every chart, table, link and report is a view of them.
 * Nothing in here holds weights or the user's text. `at` is milliseconds since the run began.
 */
const at = z.number().min(0).max(1e15);
/** Bounds that no honest number comes near, so that sums and products of numbers from outside stay finite. */
const amount = z.number().min(0).max(1e18);
const real = z.number().min(-1e18).max(1e18);
/** What 32-bit floats can hold: a loss that diverges is shown as far as it got. */
const loss = z.number().min(-3.5e38).max(3.5e38);
const name = z.string().max(200);
const gene = z.int().min(0).max(255);
export const genomeSchema = z.array(gene).max(4096);

export const groupSchema = z.strictObject({
  id: name,
  kind: z.enum(['rank', 'width', 'heads', 'block']),
  layer: z.int().min(0).max(1023),
  members: z.array(name).max(4096),
  choices: z.array(z.int().min(0).max(1_000_000)).min(1).max(256),
});

export const modelInfoSchema = z.strictObject({
  name,
  architecture: name,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  parameters: z.int().min(0),
  layers: z.int().min(0),
  hiddenSize: z.int().min(0),
  intermediateSize: z.int().min(0),
  vocabSize: z.int().min(0),
  bytes: z.int().min(0),
  dtype: name,
  /** How the weights came: as they are, with at least a tenth of zeros, or as INT4 codes. */
  form: z.enum(['dense', 'sparse', 'int4']).optional(),
});

const columnsSchema = z.strictObject({ prompt: name, answer: name });
/**
 * How columns are read: as a data set that is known by them was published, or as a plain pair. Logs from before data
 * sets were known lack it, and were made of plain pairs.
 */
const readingSchema = z.enum(['published', 'pair']).optional();

export const dataInfoSchema = z.strictObject({
  name,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(0),
  train: z.int().min(0),
  validation: z.int().min(0),
  test: z.int().min(0),
  /** Examples left out because they are longer than the recipe's `maxLength`. */
  tooLong: z.int().min(0),
  /** Columns of a table that are read; null: running text. */
  columns: columnsSchema.nullable().optional(),
  reading: readingSchema,
  /** Further files that are only tested on. */
  tests: z
    .array(
      z.strictObject({
        name,
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        bytes: z.int().min(0),
        examples: z.int().min(0),
        /** Examples of the file, and those of them that are longer than the recipe's `maxLength`. */
        total: z.int().min(0),
        tooLong: z.int().min(0),
        /** As of the data itself. */
        columns: columnsSchema.nullable().optional(),
        reading: readingSchema,
      }),
    )
    .max(32)
    .default([]),
});

/** `kernels`: which of several variants this device runs; the same adapter and kernels give the same bits. */
export const deviceInfoSchema = z.strictObject({
  backend: z.enum(['webgpu', 'cpu']),
  adapter: name,
  kernels: z.string().max(2000).optional(),
});

/** Why a run went on from its last checkpoint instead of from where it was. */
export const recoveryCauses = ['reopened', 'device-lost', 'out-of-memory', 'worker-lost'] as const;

/** What device memory holds. `activations` is the scratch memory of the stage's largest program. */
export const memoryParts = [
  'weights',
  'masks',
  'codes',
  'adapters',
  'optimizer',
  'activations',
  'other',
] as const;

/** `untuned-dense` and `untuned` are "w/o tune" of the dense and of the compressed base. */
export const pointTags = ['untuned-dense', 'untuned', 'lora', 'heuristic', 'maximal', 'minimal'] as const;

/** The paper's columns (METHODS §10), measured on the test split. */
export const resultRowSchema = z.strictObject({
  label: name,
  tag: z.enum([...pointTags, 'chosen', 'best']),
  genome: genomeSchema.nullable(),
  score: real,
  examples: z.int().min(0),
  /** 95 % interval of the score; null for perplexity. */
  interval: z.tuple([real, real]).nullable(),
  sparsity: z.number().min(0).max(1),
  precision: name,
  tmacsAt256: amount,
  macsPerToken: amount,
  totalParameters: z.int().min(0),
  wholeModelParameters: z.int().min(0),
  nonZeroParameters: z.int().min(0),
  /** Tokens/s over the original's, measured in pairs on this device; null where not measured. */
  speedup: amount.nullable(),
  /** Of the exported weights; null where the row is no model that ships. */
  bytes: z.int().min(0).nullable().default(null),
  /** The score on each further test set. Their mean, with the first, is the paper's average score. */
  tests: z
    .array(z.strictObject({ name, score: real, examples: z.int().min(0) }))
    .max(32)
    .default([]),
});

/** What was compared when the exported files were read back (METHODS §7). */
export const proofSchema = z.strictObject({
  /** Largest |logit as trained − logit read back| over the largest |logit|, on `tokens` positions; null: not finite. */
  logitError: amount.nullable(),
  /** What it must not exceed, and why. */
  bound: amount,
  reason: z.string().max(300),
  tokens: z.int().min(0),
  /** Weights that the masks zero, and how many of them are exactly zero in the file. */
  maskedWeights: z.int().min(0),
  maskedZeros: z.int().min(0),
  /** Zeros beyond the masks: quantization makes some. */
  otherZeros: z.int().min(0),
  /** Codes compared and codes equal; null where the file holds no codes. */
  codes: z.strictObject({ compared: z.int().min(0), equal: z.int().min(0) }).nullable(),
  /** Weights that dense adapters were merged into, and those that are that sum but for its rounding. */
  merged: z.strictObject({ compared: z.int().min(0), equal: z.int().min(0) }).optional(),
  /** Of the files; absent in logs from before there was a choice. */
  format: z.enum(exportFormats).optional(),
  holds: z.boolean(),
});

export const stages = ['prepare', 'calibrate', 'train', 'search', 'test'] as const;

export const eventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('started'),
    at,
    version: z.literal(1),
    /** ISO date and time of the start. */
    date: z.string().max(40),
    recipe: recipeSchema,
    model: modelInfoSchema,
    data: dataInfoSchema,
    device: deviceInfoSchema,
    /** `accuracy`: score in 0..1. `perplexity`: score is 1/perplexity, the geometric mean probability a token. */
    metric: z.enum(['accuracy', 'perplexity']),
    /** The genes, in order; empty for plain LoRA. */
    groups: z.array(groupSchema).max(4096),
    maximalMacs: amount,
  }),
  z.strictObject({ type: z.literal('stage'), at, stage: z.enum(stages), total: z.int().min(0) }),
  /** Latest count only matters; the log keeps one a stage. */
  z.strictObject({ type: z.literal('progress'), at, stage: z.enum(stages), done: z.int().min(0) }),
  z.strictObject({
    type: z.literal('losses'),
    at,
    /** Step of the first value; one value a step. Steps that come again (a resumed checkpoint) replace the old ones. */
    from: z.int().min(0),
    /** null: the loss was not finite (JSON has no NaN); the chart leaves a gap. */
    values: z.array(loss.nullable()).max(10_000),
  }),
  z.strictObject({
    type: z.literal('evaluated'),
    at,
    /**
     * null with a tag: a reference point outside the search space (untuned base, plain LoRA).
     * null without a tag: a dominated sub-network whose genes were left out of a share link.
     */
    genome: genomeSchema.nullable(),
    tag: z.enum(pointTags).nullable(),
    /** Multiply–accumulates a token, adapters and head included (METHODS §10). */
    macs: amount,
    score: real,
    generation: z.int().min(0),
    /** Value of the recipe's third objective, where it has one. */
    third: real.optional(),
    /** By how much the recipe's constraint is violated; absent or 0: feasible. */
    violation: amount.optional(),
    /**
     * Scoring stopped after `seen` of the examples, since others dominate whatever the rest gives: `score` is what it could
     * have reached, and `violation` belongs to that. Such a point is on no front and is never chosen.
     */
    unfinished: z.strictObject({ seen: z.int().min(0), of: z.int().min(1) }).optional(),
  }),
  z.strictObject({
    type: z.literal('generation'),
    at,
    index: z.int().min(0),
    hypervolume: amount,
  }),
  z.strictObject({ type: z.literal('chosen'), at, genome: genomeSchema, by: z.enum(['rule', 'user']) }),
  z.strictObject({ type: z.literal('result'), at, row: resultRowSchema }),
  z.strictObject({ type: z.literal('proof'), at, proof: proofSchema }),
  /** Bytes on the device in a stage, by what they are for. */
  z.strictObject({
    type: z.literal('memory'),
    at,
    stage: z.enum(stages),
    bytes: z.strictObject(
      Object.fromEntries(memoryParts.map((part) => [part, z.int().min(0)])) as Record<
        (typeof memoryParts)[number],
        z.ZodInt
      >,
    ),
  }),
  /** The run goes on from its last checkpoint. */
  z.strictObject({
    type: z.literal('recovered'),
    at,
    cause: z.enum(recoveryCauses),
    /** What happened, for the user. */
    message: z.string().max(2000),
    device: deviceInfoSchema,
    /** Whether what follows is, bit for bit, what would have followed without the interruption. */
    exact: z.boolean(),
    /** Parts that a training batch is split into from here on, their gradients added up; 1: not split. */
    accumulation: z.int().min(1).max(1024),
  }),
  z.strictObject({ type: z.literal('paused'), at }),
  z.strictObject({ type: z.literal('resumed'), at }),
  z.strictObject({ type: z.literal('stopped'), at }),
  z.strictObject({ type: z.literal('finished'), at, seconds: amount }),
  z.strictObject({
    type: z.literal('failed'),
    at,
    message: z.string().max(2000),
    remedy: z.string().max(2000),
  }),
]);

export type SessionEvent = z.infer<typeof eventSchema>;
export type EventOf<T extends SessionEvent['type']> = Extract<SessionEvent, { type: T }>;
export type ResultRow = z.infer<typeof resultRowSchema>;
export type Proof = z.infer<typeof proofSchema>;
export type ModelInfo = z.infer<typeof modelInfoSchema>;
export type DataInfo = z.infer<typeof dataInfoSchema>;
export type DeviceInfo = z.infer<typeof deviceInfoSchema>;
export type Stage = (typeof stages)[number];
export type MemoryPart = (typeof memoryParts)[number];
export type RecoveryCause = (typeof recoveryCauses)[number];
export type PointTag = (typeof pointTags)[number];
