import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EncodedArray, decodeRows, hasShared, readSharedJson } from '../lib/golden.testing.ts';
import { HypervolumeTracker, hypervolume } from './hypervolume.ts';

interface Units {
  hypervolume: { name: string; F: EncodedArray; reference_point: number[]; hypervolume: number }[];
}

const file = 'golden-methods/nsga2-units.json';
const grid = (dimensions: number): fc.Arbitrary<number[][]> =>
  fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: dimensions, maxLength: dimensions }), {
    maxLength: 12,
  });

/** Counts the unit cells below the reference that some point dominates: exact for integer points. */
function countCells(points: readonly number[][], reference: readonly number[]): number {
  const cells = reference.reduce<number[][]>(
    (all, r) => all.flatMap((cell) => Array.from({ length: r }, (_, i) => [...cell, i])),
    [[]],
  );
  return cells.filter((cell) => points.some((p) => p.every((x, i) => x <= (cell[i] as number)))).length;
}

describe.skipIf(!hasShared(file))('against pymoo', () => {
  const cases = hasShared(file) ? readSharedJson<Units>(file).hypervolume : [];

  it.each(cases)('$name', ({ F, reference_point: reference, hypervolume: expected }) => {
    const value = hypervolume(decodeRows(F), reference);
    expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
  });
});

describe('hypervolume', () => {
  it.each([1, 2, 3, 4])('in %i objectives equals counting cells', (dimensions) => {
    const reference = Array.from({ length: dimensions }, () => 5);
    fc.assert(
      fc.property(grid(dimensions), (points) => {
        expect(hypervolume(points, reference)).toBe(countCells(points, reference));
      }),
      { numRuns: 60 },
    );
  });

  it('is nothing without points', () => {
    expect(hypervolume([], [1, 1])).toBe(0);
    expect(hypervolume([[1, 0]], [1, 1])).toBe(0);
  });
});

describe('HypervolumeTracker', () => {
  it('equals the hypervolume of everything so far, and never falls', () => {
    fc.assert(
      fc.property(grid(3), (points) => {
        const tracker = new HypervolumeTracker([5, 5, 5]);
        let last = 0;
        points.forEach((point, i) => {
          const value = tracker.add(point);
          expect(value).toBe(hypervolume(points.slice(0, i + 1), [5, 5, 5]));
          expect(value).toBeGreaterThanOrEqual(last);
          last = tracker.value;
        });
      }),
    );
  });
});
