import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../session/events.ts';
import { viewOf } from '../../session/reduce.ts';
import { logFixture } from '../../session/session.testing.ts';
import { chartText, nextText, scoredText, statusText } from './statusText.ts';

const log = logFixture();
const until = (type: SessionEvent['type']) =>
  viewOf(
    log.slice(
      0,
      log.findIndex((event) => event.type === type),
    ),
  );
const finished = viewOf(log);
const baseline = viewOf([
  ...log.slice(0, log.findIndex((event) => event.type === 'generation') + 1),
  { type: 'stage', at: 90_000, stage: 'train', total: 300 },
]);

describe('what the page says of a run', () => {
  it('tells while it trains what will come', () => {
    const training = until('evaluated');
    expect(nextText(training)).toMatch(/the search begins: 48 sub-networks/);
    expect(nextText(finished)).toBeNull();
    expect(nextText(viewOf([]))).toBeNull();
  });

  it('tells the baseline from the training itself', () => {
    expect(statusText(baseline, 'run')).toBe('Training plain LoRA, to compare…');
    expect(chartText(baseline, 'run')).toMatch(/front is final/);
    expect(chartText(baseline, 'link')).toMatch(/Click one/);
    expect(statusText(finished, 'run')).toMatch(/^Finished in .* scored, \d+ on the front\.$/);
  });
});

describe('the score of the model as it is', () => {
  const counts = { examples: 200, tooLong: 0, tokens: 74_120, seconds: 4, unit: 'documents' } as const;
  const scored = { value: 3.705_12, interval: null, choice: null, ...counts };

  it('is a perplexity or a share, with what it was measured on', () => {
    expect(scoredText({ ...scored, task: 'perplexity' })).toEqual([
      'Perplexity 3.705',
      '200 documents · 74,120 tokens',
    ]);
    const share = { ...scored, task: 'exact', value: 0.2454, examples: 2600, unit: 'examples' } as const;
    expect(scoredText({ ...share, interval: [0.229, 0.262] })).toEqual([
      'Exact match 24.5 %',
      '2,600 examples · 95 %: 22.9 % to 26.2 %',
    ]);
  });

  it('says what was left out', () => {
    const some = { ...scored, value: 0.5, examples: 1, tooLong: 1200, unit: 'examples' } as const;
    expect(scoredText({ ...some, task: 'generated' })[1]).toBe('1 example, 1,200 too long and left out');
    expect(scoredText({ ...some, task: 'perplexity' })[1]).toMatch(/left out · 74,120 tokens$/);
  });
});
