import { expect, it } from 'vitest';
import { chooseSubNetwork, frontOf, leastViolated, mostAccurate, shortfall } from './choose.ts';
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

it('with three objectives: the front of all three, the choice still the least MACs, then accuracy, then the third', () => {
  const three: Evaluation[] = [
    { genome: [0], objectives: [100, -0.9, 5] },
    { genome: [1], objectives: [80, -0.7, 9] },
    { genome: [2], objectives: [80, -0.8, 7] },
    { genome: [3], objectives: [80, -0.8, 6] },
    { genome: [4], objectives: [90, -0.8, 3] },
  ];
  expect(genes(frontOf(three))).toEqual([3, 4, 0]);
  expect(chooseSubNetwork(three, { reference: 0.8, tolerance: 0 })?.genome).toEqual([3]);
  expect(chooseSubNetwork(three, { reference: 0.85, tolerance: 0 })?.genome).toEqual([0]);
});

it('a bound on the score: feasible is what keeps it, and where nothing does, the nearest is taken', () => {
  // 0.9 of LoRA's 0.7 is 0.63, give or take a rounding.
  expect([0.63, 0.64, 0.6].map((score) => shortfall(score, 0.9 * 0.7))).toEqual([
    0,
    0,
    expect.closeTo(0.03, 12),
  ]);
  const bounded = (least: number): Evaluation[] =>
    scored.map(({ genome, objectives }) => ({
      genome,
      objectives,
      violation: shortfall(-(objectives[1] as number), least),
    }));
  expect(chooseSubNetwork(bounded(0.7), { reference: 0.7, tolerance: 0 })?.genome).toEqual([4]);
  expect(chooseSubNetwork(bounded(1.5), { reference: 1.5, tolerance: 0 })).toBeNull();
  expect(leastViolated(bounded(1.5))?.genome).toEqual([4]);
  const equal: Evaluation[] = [
    { genome: [0], objectives: [9, 0], violation: 1 },
    { genome: [1], objectives: [8, 0], violation: 1 },
  ];
  expect(leastViolated(equal)?.genome).toEqual([1]);
  expect(leastViolated([])).toBeNull();
});
