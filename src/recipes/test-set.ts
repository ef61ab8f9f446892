import type { Example } from '../datasets/data.ts';
import type { ScoredSet } from '../evaluation/scorer.ts';
import { PareError } from '../lib/assert.ts';
import type { DataInfo } from '../session/events.ts';
import { mostLength, type Recipe } from '../session/recipe.ts';
import {
  readingOf,
  evaluationShapeOf,
  requireTokenizer,
  sequencesOf,
  tokenizeAll,
  type LoadedData,
} from './loaded-data.ts';
import type { LoadedModel } from './model.ts';

/** Data that is only tested on: neither trained nor searched with. */
export interface TestSet {
  readonly name: string;
  readonly set: ScoredSet;
  readonly info: DataInfo['tests'][number];
}

const key = ({ prompt, answer }: Example): string => prompt || answer;

/**
 * The first examples of a file, as many as the recipe's own test split has; those whose prompt is among `seen` (what is
 * trained and searched with) are left out.
 */
export function prepareTestSet(
  name: string,
  data: LoadedData,
  { tokenizer, config }: Pick<LoadedModel, 'tokenizer' | 'config'>,
  recipe: Recipe,
  seen: readonly Example[],
): TestSet {
  const maxLength = Math.min(recipe.maxLength, config.maxPositions);
  const { examples, tooLong } = tokenizeAll(data, requireTokenizer(tokenizer), {
    ...recipe,
    maxLength,
    raisableTo: Math.min(mostLength, config.maxPositions),
  });
  const known = new Set(seen.map(key));
  const unseen = examples.filter((example) => !known.has(key(example))).slice(0, recipe.split.test);
  if (unseen.length === 0) {
    throw new PareError(
      'test-set-seen',
      `All ${examples.length} examples of ${name} that are short enough are also trained or searched with, so they test nothing.`,
      'Take this test set out, or use one of other examples.',
    );
  }
  const span = recipe.task === 'perplexity' && data.content?.kind === 'documents' ? 'all' : 'answer';
  const shape = evaluationShapeOf(sequencesOf(unseen, recipe.task), span, config.vocabSize);
  const { sha256, bytes } = data.file;
  return {
    name,
    set: { examples: unseen, shape },
    info: {
      name,
      sha256,
      bytes,
      examples: unseen.length,
      total: examples.length + tooLong,
      tooLong,
      ...readingOf(data),
    },
  };
}
