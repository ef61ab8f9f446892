import { assert, constantFrom, property, array, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dominates, insertIntoFront } from './front.ts';

const coordinate = constantFrom(0, 1, 2, 3, 4, 5);
const points = array(record({ macs: coordinate, score: coordinate }), { maxLength: 40 });

describe('insertIntoFront', () => {
  it('keeps what the definition of a front says, sorted, and tells what went', () => {
    assert(
      property(points, (all) => {
        const front: typeof all = [];
        const gone = new Set<(typeof all)[number]>();
        for (const point of all) {
          const removed = insertIntoFront(front, point);
          if (!removed) gone.add(point);
          for (const loser of removed ?? []) gone.add(loser);
        }
        const expected = all.filter((point) => !all.some((other) => dominates(other, point)));
        expect(new Set(front)).toEqual(new Set(expected));
        expect(front).toHaveLength(expected.length);
        expect(front.map(({ macs }) => macs)).toEqual(
          front.map(({ macs }) => macs).toSorted((a, b) => a - b),
        );
        expect(gone.size).toBe(all.length - front.length);
      }),
      { numRuns: 300 },
    );
  });
});
