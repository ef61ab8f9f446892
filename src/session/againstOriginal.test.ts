import { describe, expect, it } from 'vitest';
import { wilson } from '../lib/statistics.ts';
import { againstOriginal } from './againstOriginal.ts';
import type { ResultRow } from './events.ts';
import { viewOf } from './reduce.ts';
import { logFixture } from './session.testing.ts';

const some = viewOf(logFixture()).results[0]!;
const row = (tag: ResultRow['tag'], right: number, examples: number): ResultRow => ({
  ...some,
  tag,
  score: right / examples,
  examples,
  interval: wilson(right, examples),
});

describe('the chosen model beside the original', () => {
  it('says how many points lie between, and whether they may be noise', () => {
    const of = (right: number, originally: number, examples: number) =>
      againstOriginal(row('chosen', right, examples), {
        results: [row('untuned-dense', originally, examples)],
        metric: 'accuracy',
      });
    expect(of(700, 900, 1000)).toMatchObject({
      text: '20.0 points below the untuned original',
      verdict: 'worse',
    });
    expect(of(39, 40, 100)).toMatchObject({
      text: '1.0 points below the untuned original (within noise)',
      verdict: 'alike',
    });
    expect(of(900, 700, 1000)?.verdict).toBe('better');
    expect(of(40, 40, 100)?.text).toBe('as accurate as the untuned original');
  });

  it('compares perplexities as they are read, and nothing with nothing', () => {
    const scored = (tag: ResultRow['tag'], perplexity: number) => ({
      ...some,
      tag,
      score: 1 / perplexity,
      interval: null,
    });
    const results = [scored('untuned-dense', 4)];
    expect(againstOriginal(scored('chosen', 5), { results, metric: 'perplexity' })).toMatchObject({
      text: 'worse than the untuned original’s 4.000',
      verdict: 'worse',
    });
    expect(againstOriginal(scored('chosen', 5), { results: [], metric: 'perplexity' })).toBeNull();
  });
});
