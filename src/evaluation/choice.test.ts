import { describe, expect, it } from 'vitest';
import type { Example, Option } from '../datasets/data.ts';
import { sequencesOf } from './sequences.ts';
import { Tally } from './tally.ts';

const option = (length: number, characters: number): Option => ({
  ids: Array.from({ length: 2 + length }, (_, i) => i),
  answerStart: 2,
  prompt: '',
  answer: '',
  characters,
});
const example = (correct: number, ...options: Option[]): Example => ({ ...options[0]!, options, correct });

describe('multiple choice', () => {
  const examples = [
    // Losses 1 and 2 + 2: the first wins as it is, the second per character (1 against 4 / 8).
    example(0, option(1, 1), option(2, 8)),
    example(1, option(1, 1), option(2, 8)),
    // Losses 3 and 1.
    example(1, option(1, 2), option(1, 2)),
  ];
  const sequences = sequencesOf(examples, true, 'answer');

  function tally() {
    const made = new Tally({ examples, sequences, task: 'choice' });
    const perToken = [1, 2, 1, 2, 3, 1];
    perToken.forEach((loss, index) =>
      made.add(index, Float32Array.of(Number.NaN, loss, loss), new Float32Array(3), 1),
    );
    return made;
  }

  it('chooses by summed log-likelihood, and by that over the characters', () => {
    const all = tally();
    all.count([0, 1, 2]);
    expect(all.best()).toMatchObject({ accuracy: 2 / 3, normalised: 2 / 3, examples: 3, tokens: 8 });
    expect(all.best().perplexity).toBeCloseTo(Math.exp(14 / 8), 12);
  });

  it('says what is still possible where not all was seen', () => {
    const some = tally();
    some.count([1]);
    expect(some.best()).toMatchObject({ accuracy: 2 / 3, normalised: 1, examples: 3, tokens: 8 });
    expect(some.best().perplexity).toBeCloseTo(Math.exp(5 / 8), 5);
    expect(some.best().perplexity).toBeLessThan(Math.exp(5 / 8));
  });
});
