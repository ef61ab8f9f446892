import type { Example } from '../datasets/data.ts';
import type { LossSpan } from '../datasets/batches.ts';
import type { Scores } from '../evaluation/evaluator.ts';
import { createScorer, scoreWhole } from '../evaluation/scorer.ts';
import { PareError } from '../lib/assert.ts';
import { wilson } from '../lib/statistics.ts';
import type { Recipe } from '../session/recipe.ts';
import {
  evaluationShapeOf,
  requireTokenizer,
  scoringRule,
  sequencesOf,
  tokenizeAll,
  type LoadedData,
} from './loaded-data.ts';
import { originalModel, type LoadedModel } from './model.ts';
import { scoreOf } from './run-context.ts';

/** What of a recipe decides a score. */
export type ScoreQuestion = Pick<Recipe, 'task' | 'template' | 'scoring'>;

export interface DataScore {
  readonly task: Recipe['task'];
  /** Share of examples that are right, or perplexity. */
  readonly value: number;
  /** 95 % interval of the share; null for perplexity. */
  readonly interval: readonly [number, number] | null;
  /** Of a choice: plain, and normalised by length; `value` is the one that was asked for. */
  readonly choice: { readonly plain: number; readonly length: number } | null;
  readonly examples: number;
  /** Examples left out, and in no other number here: the model's context does not hold them. Texts are cut instead. */
  readonly tooLong: number;
  /** Predicted tokens. */
  readonly tokens: number;
  readonly seconds: number;
}

export interface ScoreOptions extends ScoreQuestion {
  /** The first so many examples; all of them unless given. */
  readonly limit?: number;
  readonly onProgress?: (done: number, total: number) => void;
  /** Called between portions; may wait, or throw to stop. */
  readonly pause?: () => Promise<void>;
}

/** Longest text that is scored at once, in tokens: the model's context, and not more than this. */
const mostTokens = 2048;

/**
 * The share of the context that is kept for an answer, at most: a model of few positions would else be left with no
 * prompt. What it writes ends where its context does.
 */
const mostRoom = 4;

/** Scores the open model, as it is, on a whole data file: no split, nothing trained. */
export async function scoreData(
  model: LoadedModel,
  data: LoadedData,
  options: ScoreOptions,
): Promise<DataScore> {
  const { task, template, scoring, limit = Infinity, onProgress } = options;
  const began = performance.now();
  const maxLength = Math.min(model.config.maxPositions, mostTokens);
  const tokenizer = requireTokenizer(model.tokenizer);
  const { examples, tooLong } = tokenizeAll(data, tokenizer, {
    task,
    template,
    maxLength,
    most: limit,
    ...(task === 'generated' && {
      answerRoom: Math.min(scoring.answerTokens, Math.floor(maxLength / mostRoom)),
    }),
  });
  const span = data.content?.kind === 'documents' ? 'all' : 'answer';
  const parts: Scores[] = [];
  let done = 0;
  for (const bucket of byLength(examples, task)) {
    parts.push(
      await scoreBucket(model, bucket, span, options, (scored) =>
        onProgress?.(done + scored, examples.length),
      ),
    );
    done += bucket.length;
    onProgress?.(done, examples.length);
  }
  const scores = together(parts);
  const score = scoreOf(options, scores);
  const value = task === 'perplexity' ? 1 / score : score;
  if (!Number.isFinite(value)) {
    throw new PareError(
      'not-finite',
      'The model gives no finite probabilities on this data.',
      'Check that weights and tokenizer belong together.',
    );
  }
  return {
    task,
    value,
    interval: task === 'perplexity' ? null : wilson(Math.round(score * examples.length), examples.length),
    choice: task === 'choice' ? { plain: scores.accuracy, length: scores.normalised ?? 0 } : null,
    examples: examples.length,
    tooLong,
    tokens: scores.tokens,
    seconds: (performance.now() - began) / 1000,
  };
}

/** Lengths are rounded up to multiples of this, so that short texts are not padded to the longest. */
const bucketStep = 64;

/** Examples of about the same length together, shortest first; where answers are written, only prompts are read. */
function byLength(examples: readonly Example[], task: Recipe['task']): Example[][] {
  const buckets = new Map<number, Example[]>();
  for (const example of examples) {
    const length = task === 'generated' ? example.answerStart : example.ids.length;
    const key = Math.ceil(length / bucketStep);
    buckets.set(key, [...(buckets.get(key) ?? []), example]);
  }
  return [...buckets].toSorted(([a], [b]) => a - b).map(([, bucket]) => bucket);
}

async function scoreBucket(
  model: LoadedModel,
  examples: readonly Example[],
  span: LossSpan,
  options: ScoreOptions,
  onScored: (examples: number) => void,
): Promise<Scores> {
  const { task, pause = () => Promise.resolve() } = options;
  const shape = evaluationShapeOf(sequencesOf(examples, task), span, model.config.vocabSize);
  const scorer = await createScorer(
    originalModel(model),
    { examples, shape },
    scoringRule(options),
    model.tokenizer,
  );
  try {
    return await scoreWhole(scorer, [], pause, onScored);
  } finally {
    scorer.dispose();
  }
}

/** Scores of several parts as one: what is right by example, perplexity by token. */
function together(parts: readonly Scores[]): Scores {
  const sum = (of: (part: Scores) => number) => parts.reduce((total, part) => total + of(part), 0);
  const [examples, tokens] = [sum((part) => part.examples), sum((part) => part.tokens)];
  return {
    accuracy: sum((part) => part.accuracy * part.examples) / examples,
    normalised: sum((part) => (part.normalised ?? 0) * part.examples) / examples,
    perplexity: Math.exp(sum((part) => Math.log(part.perplexity) * part.tokens) / tokens),
    examples,
    tokens,
  };
}
