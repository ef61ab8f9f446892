import { describe, expect, it } from 'vitest';
import { durationAxis, withoutZeros } from './durationAxis.ts';

describe('an axis of time', () => {
  it('has its ticks at times that a clock knows', () => {
    expect(durationAxis(243_000, 3).ticks).toEqual([0, 120_000, 240_000]);
    expect(durationAxis(40_000, 3).ticks).toEqual([0, 15_000, 30_000]);
    expect(durationAxis(0, 3).domain).toEqual([0, 1000]);
  });

  it('stays short, however long the run was', () => {
    for (const hours of [0.001, 1, 7, 30, 300, 100_000])
      expect(durationAxis(hours * 3_600_000, 3).ticks.length).toBeLessThanOrEqual(4);
  });

  it('is written without zeros that say nothing', () => {
    const written = ['2 min 0 s', '2 min 10 s', '1 h 0 min', '20.0 MB', '0 s'].map(withoutZeros);
    expect(written).toEqual(['2 min', '2 min 10 s', '1 h', '20 MB', '0 s']);
  });
});
