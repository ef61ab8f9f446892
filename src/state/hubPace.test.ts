import { expect, it } from 'vitest';
import { leftOf, progressAt, rateOf, type Pace } from './hubPace.ts';

const follow = (steps: readonly (readonly [at: number, done: number])[]): Pace =>
  steps.reduce<Pace | null>(
    (pace, [at, done]) => progressAt(pace, { done, total: 10_000, file: 'x' }, at),
    null,
  )!;

it('says no speed before there is one', () => {
  expect(rateOf(follow([[0, 0]]))).toBeNull();
  expect(
    leftOf(
      follow([
        [0, 0],
        [100, 500],
      ]),
    ),
  ).toBeNull();
});

it('counts what came in the last seconds, not what was here before', () => {
  const resumed = follow([
    [0, 5000],
    [1000, 6000],
    [2000, 7000],
  ]);
  expect(rateOf(resumed)).toBe(1000);
  expect(leftOf(resumed)).toBe(3000);
  const slower = follow([
    [0, 0],
    [1000, 5000],
    [6500, 5100],
    [7500, 5200],
  ]);
  expect(rateOf(slower)).toBe(100);
});

it('promises nothing while nothing comes', () => {
  expect(
    leftOf(
      follow([
        [0, 10],
        [3000, 10],
      ]),
    ),
  ).toBeNull();
});
