import { evaluationBatches } from '../datasets/batches.ts';
import { Evaluator } from '../evaluation/evaluator.ts';
import { PareError } from '../lib/assert.ts';
import type { Recipe } from '../session/recipe.ts';
import { evaluationShapeOf, requireTokenizer, tokenizeAll, type LoadedData } from './data.ts';
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
  const shape = evaluationShapeOf(
    examples,
    data.content?.kind === 'documents' ? 'all' : 'answer',
    model.config.vocabSize,
  );
  const batches = [...evaluationBatches(examples, shape)];
  const evaluator = await Evaluator.create(originalModel(model), shape, batches.length);
  try {
    const scores = await evaluator.score(batches, [], pause, (done) => onProgress?.(done, batches.length));
    const value = task === 'exact' ? scores.accuracy : scores.perplexity;
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
      examples: scores.examples,
      tokens: scores.tokens,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    evaluator.dispose();
  }
}
