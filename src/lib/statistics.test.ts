import { describe, expect, it } from 'vitest';
import {
  mean,
  meanInterval,
  median,
  pairedRatioOfMedians,
  sd,
  studentQuantile,
  studentWithin,
  wilson,
} from './statistics.ts';

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

  it('Student’s t: the usual table, its closed forms, and the normal limit', () => {
    const table = [1, 2, 3, 4, 5, 10, 29, 30].map((freedom) => studentQuantile(0.95, freedom).toFixed(3));
    expect(table).toEqual(['12.706', '4.303', '3.182', '2.776', '2.571', '2.228', '2.045', '2.042']);
    expect(studentWithin(1, 1)).toBeCloseTo(0.5, 14);
    expect(studentWithin(1, 2)).toBeCloseTo(1 / Math.sqrt(3), 14);
    expect(studentQuantile(0.95, 100_000)).toBeCloseTo(1.95999, 4);
    expect(studentQuantile(0, 3)).toBeLessThan(1e-15);
    expect(() => studentQuantile(0.95, 0)).toThrow('freedom');
  });

  it('interval of a mean: 1, 2, 3 is 2 ± 4.303 · 1/√3', () => {
    const [low, high] = meanInterval([1, 2, 3]);
    expect(high - 2).toBeCloseTo(4.302653 / Math.sqrt(3), 6);
    expect(low + high).toBeCloseTo(4, 12);
    expect(meanInterval([5, 5])).toEqual([5, 5]);
  });

  it('ratio of medians with the range of the single pairs', () => {
    expect(pairedRatioOfMedians([2, 4, 30], [1, 2, 10])).toEqual({ ratio: 2, low: 2, high: 3 });
    expect(() => pairedRatioOfMedians([1], [])).toThrow('equal numbers');
  });
});
