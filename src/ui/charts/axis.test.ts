import { describe, expect, it } from 'vitest';
import { axisOver, axisWithin, compactTick, evenTicks, perplexityAxis } from './axis.ts';

describe('an axis', () => {
  it('covers the values with round ticks', () => {
    expect(axisOver([0.08, 0.72], 5, [0, 1])).toEqual({ domain: [0, 0.8], ticks: [0, 0.2, 0.4, 0.6, 0.8] });
  });

  it('gives a single value a span of its own', () => {
    const { domain } = axisOver([0.27], 5, [0, 1], 0.2);
    expect(domain[1] - domain[0]).toBeGreaterThanOrEqual(0.2);
  });

  it('keeps to what is planned', () => {
    expect(axisWithin(0, 300, 5)).toEqual({ domain: [0, 300], ticks: [0, 100, 200, 300] });
    expect(axisWithin(1, 6, 8, true).ticks).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('writes round numbers without needless zeros', () => {
    expect([80_000, 100_000, 1_500_000, 10_000_000, 0].map(compactTick)).toEqual([
      '80 K',
      '100 K',
      '1.50 M',
      '10 M',
      '0',
    ]);
    expect([0, 0.5, 1].map(evenTicks([0, 0.5, 1]))).toEqual(['0.0', '0.5', '1.0']);
  });
});

describe('an axis of perplexities', () => {
  it.each([[[1 / 3.7, 1 / 3.9, 1 / 3.2]], [[1 / 40, 1 / 800, 1 / 12]], [[1 / 5]]])(
    'has a few round ones of %j',
    (scores) => {
      const { domain, ticks } = perplexityAxis(scores, 5);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(11);
      for (const tick of ticks) {
        expect(tick).toBeGreaterThanOrEqual(domain[0]);
        expect(tick).toBeLessThanOrEqual(domain[1]);
        expect(String(Number((1 / tick).toPrecision(6))).replace(/^0\.|\./, '').length).toBeLessThanOrEqual(
          4,
        );
      }
    },
  );
});
