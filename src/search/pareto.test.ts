import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EncodedArray,
  decodeArray,
  decodeRows,
  hasShared,
  readSharedJson,
} from '../lib/golden.testing.ts';
import { constrainedDominance, crowdingDistance, dominance, firstFront, nonDominatedSort } from './pareto.ts';

interface Units {
  sorting: { name: string; F: EncodedArray; fronts: number[][] }[];
  crowding: { name: string; F: EncodedArray; crowding: EncodedArray }[];
}

const file = 'golden-methods/nsga2-units.json';
const points = (rows: readonly number[][]): { objectives: number[] }[] =>
  rows.map((objectives) => ({ objectives }));
const vectors = fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 3, maxLength: 3 }), {
  maxLength: 20,
});

describe.skipIf(!hasShared(file))('against pymoo 0.6.2', () => {
  const units = hasShared(file) ? readSharedJson<Units>(file) : { sorting: [], crowding: [] };

  it.each(units.sorting)('fronts of $name', ({ F, fronts }) => {
    expect(nonDominatedSort(points(decodeRows(F)))).toEqual(fronts);
  });

  it.each(units.crowding)('crowding of $name', ({ F, crowding }) => {
    const expected = decodeArray(crowding);
    crowdingDistance(decodeRows(F)).forEach((distance, i) => {
      const reference = expected[i] as number;
      if (Number.isFinite(reference)) {
        expect(Math.abs(distance - reference)).toBeLessThanOrEqual(1e-12 * Math.abs(reference));
      } else expect(distance).toBe(reference);
    });
  });
});

describe('dominance', () => {
  it('needs one strict improvement', () => {
    expect(dominance([1, 1], [1, 2])).toBe(1);
    expect(dominance([1, 2], [1, 1])).toBe(-1);
    expect(dominance([1, 2], [2, 1])).toBe(0);
    expect(dominance([1, 1], [1, 1])).toBe(0);
  });

  it('puts feasibility first, then the smaller violation', () => {
    const good = { objectives: [9, 9] };
    const bad = { objectives: [0, 0], violation: 1 };
    const worse = { objectives: [0, 0], violation: 2 };
    expect(constrainedDominance(good, bad)).toBe(1);
    expect(constrainedDominance(worse, bad)).toBe(-1);
    expect(constrainedDominance(bad, { objectives: [5, 5], violation: 1 })).toBe(0);
    expect(constrainedDominance(good, { objectives: [9, 9], violation: -3 })).toBe(0);
    expect(nonDominatedSort([worse, bad, good])).toEqual([[2], [1], [0]]);
  });

  it('is a strict partial order', () => {
    const vector = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(vector, vector, vector, (a, b, c) => {
        expect(dominance(a, b) + dominance(b, a)).toBe(0);
        if (dominance(a, b) > 0 && dominance(b, c) > 0) expect(dominance(a, c)).toBe(1);
      }),
    );
  });
});

describe('fronts', () => {
  it('partition the points; each later point is dominated from the front before', () => {
    fc.assert(
      fc.property(vectors, (rows) => {
        const fronts = nonDominatedSort(points(rows));
        expect(fronts.flat().sort((a, b) => a - b)).toEqual([...rows.keys()]);
        const beats = (i: number, j: number): boolean =>
          dominance(rows[i] as number[], rows[j] as number[]) > 0;
        fronts.forEach((front, k) => {
          for (const j of front) {
            expect(front.some((i) => beats(i, j))).toBe(false);
            if (k > 0) expect(fronts[k - 1]?.some((i) => beats(i, j))).toBe(true);
          }
        });
      }),
    );
    expect(firstFront([])).toEqual([]);
  });
});
