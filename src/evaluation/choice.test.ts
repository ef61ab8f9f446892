import { describe, expect, it } from 'vitest';
import { batchShape, evaluationBatches } from '../datasets/batches.ts';
import type { Example, Option } from '../datasets/data.ts';
import { optionsOf, scoreChoices } from './choice.ts';

const option = (length: number, characters: number): Option => ({
  ids: Array.from({ length: 2 + length }, (_, i) => i),
  answerStart: 2,
  prompt: '',
  answer: '',
  characters,
});
const example = (correct: number, ...options: Option[]): Example => ({ ...options[0]!, options, correct });

describe('multiple choice', () => {
  it('chooses by summed log-likelihood, and by that over the characters', () => {
    const examples = [
      // Losses 1 and 2 + 2: the first wins as it is, the second per character (1 against 4 / 8).
      example(0, option(1, 1), option(2, 8)),
      example(1, option(1, 1), option(2, 8)),
      // Losses 3 and 1.
      example(1, option(1, 2), option(1, 2)),
    ];
    const sequences = optionsOf(examples);
    const shape = batchShape(sequences, 4, 'answer');
    const batches = [...evaluationBatches(sequences, shape)];
    const perToken = [1, 2, 1, 2, 3, 1];
    const losses = new Float32Array(batches.length * shape.capacity).fill(Number.NaN);
    batches.forEach((batch, index) =>
      batch.exampleOfRow.forEach((b, row) => {
        if (b >= 0) losses[index * shape.capacity + row] = perToken[batch.indices[b]!]!;
      }),
    );
    const scores = scoreChoices(examples, batches, { losses, correct: new Float32Array(losses.length) });
    expect(scores).toMatchObject({ accuracy: 2 / 3, normalised: 2 / 3, examples: 3, tokens: 8 });
    expect(scores.perplexity).toBeCloseTo(Math.exp(14 / 8), 12);
  });
});
