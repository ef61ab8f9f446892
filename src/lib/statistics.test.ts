import { describe, expect, it } from 'vitest';
import { mean, median, pairedRatioOfMedians, sd, wilson } from './statistics.ts';

describe('statistics', () => {
  it('mean, sample deviation, median', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(sd([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(2.13809, 5);
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow('nothing');
  });

  it('does not reorder its input', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('Wilson interval: 81 of 263 (Newcombe 1998, table I), and the ends', () => {
    const [low, high] = wilson(81, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
    expect(wilson(0, 20)[0]).toBe(0);
    expect(wilson(0, 20)[1]).toBeCloseTo(0.1611, 4);
    expect(wilson(20, 20)[1]).toBe(1);
  });

  it('ratio of medians with the range of the single pairs', () => {
    expect(pairedRatioOfMedians([2, 4, 30], [1, 2, 10])).toEqual({ ratio: 2, low: 2, high: 3 });
    expect(() => pairedRatioOfMedians([1], [])).toThrow('equal numbers');
  });
});
