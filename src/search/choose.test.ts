import { expect, it } from 'vitest';
import { chooseSubNetwork, frontOf, mostAccurate } from './choose.ts';
import type { Evaluation } from './searcher.ts';

const scored: Evaluation[] = [
  { genome: [0], objectives: [100, -0.75] },
  { genome: [1], objectives: [80, -0.74] },
  { genome: [2], objectives: [70, -0.7] },
  { genome: [3], objectives: [75, -0.69] },
  { genome: [4], objectives: [10, -0.99], violation: 1 },
  { genome: [5], objectives: [80, -0.74] },
  { genome: [6], objectives: [90, -0.75] },
];
const genes = (evaluations: readonly Evaluation[]): unknown[] => evaluations.map((e) => e.genome[0]);

it('the front of everything scored: feasible, non-dominated, by rising MACs, equal points once', () => {
  expect(genes(frontOf(scored))).toEqual([2, 1, 6]);
  expect(frontOf([])).toEqual([]);
});

it('takes the fewest MACs within the tolerance; 0.74 counts as 0.75 − 0.01', () => {
  expect(chooseSubNetwork(scored, { reference: 0.75, tolerance: 0.01 })?.genome).toEqual([1]);
  expect(chooseSubNetwork(scored, { reference: 0.75, tolerance: 0.01, strict: true })?.genome).toEqual([6]);
  expect(chooseSubNetwork(scored, { reference: 0.75, tolerance: 0.06 })?.genome).toEqual([2]);
  expect(chooseSubNetwork(scored, { reference: 0.9, tolerance: 0.1 })).toBeNull();
});

it('knows the most accurate one, and leaves its input alone', () => {
  const before = [...scored];
  expect(mostAccurate(scored)?.genome).toEqual([6]);
  expect(mostAccurate([])).toBeNull();
  expect(scored).toEqual(before);
});
