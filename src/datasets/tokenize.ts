/**
 * Texts → examples. Prompt and answer are tokenised once, as one text (METHODS §12), and divided where the tokens of
 * the prompt alone stop agreeing: a token that straddles the boundary counts to the answer.
 */
import { PareError } from '../lib/assert.ts';
import type { Example, Pair } from './data.ts';
import type { TextTokenizer } from './tokenizer.ts';

export interface TokenizedExamples {
  readonly examples: Example[];
  /** Pairs left out because they are longer than `maxLength`. */
  readonly tooLong: number;
}

/** Prompt and answer, with the end token where there is one. */
export function tokenizePair(tokenizer: TextTokenizer, prompt: string, answer: string): Example {
  const ids = tokenizer.encode(prompt + answer);
  const alone = tokenizer.encode(prompt);
  let answerStart = 0;
  while (answerStart < alone.length && ids[answerStart] === alone[answerStart]) answerStart++;
  if (tokenizer.endId !== null && ids.at(-1) !== tokenizer.endId) ids.push(tokenizer.endId);
  return { ids, answerStart: Math.max(1, Math.min(answerStart, ids.length - 1)), prompt, answer };
}

/** All pairs; those longer than `maxLength` tokens are left out and counted. Fails where none is left. */
export function tokenizePairs(
  tokenizer: TextTokenizer,
  pairs: readonly Pair[],
  maxLength: number,
): TokenizedExamples {
  const all = pairs.map(({ prompt, answer }) => tokenizePair(tokenizer, prompt, answer));
  const examples = all.filter(({ ids }) => ids.length <= maxLength && ids.length > 1);
  if (examples.length > 0) return { examples, tooLong: all.length - examples.length };
  const shortest = all.reduce((least, { ids }) => Math.min(least, ids.length), Number.POSITIVE_INFINITY);
  throw new PareError(
    'data-too-long',
    `All ${all.length} examples are longer than ${maxLength} tokens; the shortest has ${shortest}.`,
    'Raise the maximal length, or use shorter examples.',
    { maxLength, shortest },
  );
}

/**
 * Documents, each cut to its first `maxLength` tokens; every token but the first is predicted. Documents of fewer than
 * two tokens predict nothing and are dropped.
 */
export function tokenizeDocuments(
  tokenizer: TextTokenizer,
  documents: readonly string[],
  maxLength: number,
): Example[] {
  const examples = documents.map((text) => ({
    ids: tokenizer.encode(text).slice(0, maxLength),
    answerStart: 1,
    prompt: '',
    answer: text,
  }));
  const usable = examples.filter(({ ids }) => ids.length > 1);
  if (usable.length > 0) return usable;
  throw new PareError('data-empty', 'No document has two tokens or more.', 'Use a file with running text.');
}
