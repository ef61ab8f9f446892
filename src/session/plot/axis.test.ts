import { describe, expect, it } from 'vitest';
import { axisOver, axisWithin } from './axis.ts';

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
