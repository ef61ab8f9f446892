import { evaluationBatches, type LossSpan } from '../datasets/batches.ts';
import type { Example } from '../datasets/data.ts';
import { Evaluator, type Scores } from '../evaluation/evaluator.ts';
import { PareError } from '../lib/assert.ts';
import type { Recipe } from '../session/recipe.ts';
import { evaluationShapeOf, requireTokenizer, tokenizeAll, type LoadedData } from './loaded-data.ts';
import { originalModel, type LoadedModel } from './model.ts';

export interface DataScore {
  readonly task: Recipe['task'];
  /** Share of examples (task `exact`), or perplexity. */
  readonly value: number;
  readonly examples: number;
  /** Predicted tokens. */
  readonly tokens: number;
  readonly seconds: number;
}

export interface ScoreOptions {
  readonly task: Recipe['task'];
  /** The first so many examples; all of them unless given. */
  readonly limit?: number;
  readonly onProgress?: (done: number, total: number) => void;
  /** Called between portions; may wait, or throw to stop. */
  readonly pause?: () => Promise<void>;
}

/** Longest text that is scored at once, in tokens: the model's context, and not more than this. */
const mostTokens = 2048;

/** Scores the open model, as it is, on a whole data file: no split, nothing trained. */
export async function scoreData(
  model: LoadedModel,
  data: LoadedData,
  options: ScoreOptions,
): Promise<DataScore> {
  const { task, limit = Infinity, onProgress, pause = () => Promise.resolve() } = options;
  const began = performance.now();
  const maxLength = Math.min(model.config.maxPositions, mostTokens);
  const examples = tokenizeAll(data, requireTokenizer(model.tokenizer), { task, maxLength }).examples.slice(
    0,
    limit,
  );
  const span = data.content?.kind === 'documents' ? 'all' : 'answer';
  const parts: Scores[] = [];
  let done = 0;
  for (const bucket of byLength(examples)) {
    parts.push(
      await scoreBucket(model, bucket, span, pause, (scored) => onProgress?.(done + scored, examples.length)),
    );
    done += bucket.length;
    onProgress?.(done, examples.length);
  }
  const { accuracy, perplexity, tokens } = together(parts);
  const value = task === 'exact' ? accuracy : perplexity;
  if (!Number.isFinite(value)) {
    throw new PareError(
      'not-finite',
      'The model gives no finite probabilities on this data.',
      'Check that weights and tokenizer belong together.',
    );
  }
  return { task, value, examples: examples.length, tokens, seconds: (performance.now() - began) / 1000 };
}

/** Lengths are rounded up to multiples of this, so that short texts are not padded to the longest. */
const bucketStep = 64;

/** Examples of about the same length together, shortest first. */
function byLength(examples: readonly Example[]): Example[][] {
  const buckets = new Map<number, Example[]>();
  for (const example of examples) {
    const key = Math.ceil(example.ids.length / bucketStep);
    buckets.set(key, [...(buckets.get(key) ?? []), example]);
  }
  return [...buckets].toSorted(([a], [b]) => a - b).map(([, bucket]) => bucket);
}

async function scoreBucket(
  model: LoadedModel,
  examples: readonly Example[],
  span: LossSpan,
  pause: () => Promise<void>,
  onScored: (examples: number) => void,
): Promise<Scores> {
  const shape = evaluationShapeOf(examples, span, model.config.vocabSize);
  const batches = [...evaluationBatches(examples, shape)];
  const evaluator = await Evaluator.create(originalModel(model), shape, batches.length);
  try {
    return await evaluator.score(batches, [], pause, (done) =>
      onScored(Math.min(examples.length, done * shape.batch)),
    );
  } finally {
    evaluator.dispose();
  }
}

/** Scores of several parts as one: accuracy by example, perplexity by token. */
function together(parts: readonly Scores[]): Scores {
  const examples = parts.reduce((sum, part) => sum + part.examples, 0);
  const tokens = parts.reduce((sum, part) => sum + part.tokens, 0);
  const exact = parts.reduce((sum, part) => sum + part.accuracy * part.examples, 0);
  const loss = parts.reduce((sum, part) => sum + Math.log(part.perplexity) * part.tokens, 0);
  return { accuracy: exact / examples, perplexity: Math.exp(loss / tokens), examples, tokens };
}
