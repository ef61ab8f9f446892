import { describe, expect, it } from 'vitest';
import { axisOver, axisWithin, compactTicks, evenTicks, percentTicks, perplexityAxis } from './axis.ts';

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
    const written = (ticks: number[]) => ticks.map(compactTicks(ticks));
    expect(written([0, 80_000, 100_000])).toEqual(['0', '80 K', '100 K']);
    expect(written([500_000, 1_000_000, 1_500_000])).toEqual(['0.5 M', '1.0 M', '1.5 M']);
    expect(written([10_000_000])).toEqual(['10 M']);
    expect([0, 0.5, 1].map(evenTicks([0, 0.5, 1]))).toEqual(['0.0', '0.5', '1.0']);
  });

  it('tells near values apart where it is zoomed', () => {
    const macs = axisWithin(243_010, 243_480, 8).ticks;
    expect(new Set(macs.map(compactTicks(macs))).size).toBe(macs.length);
    expect(compactTicks(macs)(macs[0]!)).toBe('243.1 K');
    const scores = axisWithin(0.6012, 0.6048, 5).ticks;
    expect(scores.map(percentTicks(scores))).toEqual(['60.2 %', '60.3 %', '60.4 %']);
    expect([0, 0.2, 0.4].map(percentTicks([0, 0.2, 0.4]))).toEqual(['0 %', '20 %', '40 %']);
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

describe('an axis of what a hostile log holds', () => {
  it('has an end', () => {
    for (const values of [
      [1e16, 1e16 + 2],
      [1e300, 1e300 * (1 + 2 ** -50)],
      [Number.MAX_VALUE, 0],
      [-Number.MAX_VALUE, Number.MAX_VALUE],
      [5e-324],
    ])
      expect(axisOver(values, 5).ticks.length).toBeLessThanOrEqual(101);
    expect(axisWithin(0, 1e12, 1e12, true).ticks).toHaveLength(101);
  });
});
