import type { Random } from '../../lib/random.ts';
import { type Variables, repair } from './variables.ts';

export interface CrossoverSettings {
  /** Probability that a pair is crossed at all; otherwise the children are copies. */
  readonly probability: number;
  /** Distribution index η: the larger, the closer the children stay to their parents. */
  readonly eta: number;
}

/** Share of a crossed pair's variables that take part, and of those whose children swap sides. */
const perVariable = 0.5;
const exchange = 0.5;
const tooClose = 1e-14;

/**
 * Simulated binary crossover (Deb & Agrawal 1995, bounded as in NSGA-II's code), with pymoo 0.6.2's choices: one random
 * number serves both children of a variable, and they change places half the time. Integers are rounded.
 */
export function simulatedBinaryCrossover(
  parents: readonly [readonly number[], readonly number[]],
  variables: Variables,
  settings: CrossoverSettings,
  random: Random,
): [number[], number[]] {
  const children: [number[], number[]] = [[...parents[0]], [...parents[1]]];
  if (random.next() >= settings.probability) return children;
  children[0].forEach((a, i) => {
    const b = children[1][i] as number;
    if (random.next() >= perVariable || Math.abs(a - b) <= tooClose) return;
    const [low, high] = crossValue(Math.min(a, b), Math.max(a, b), i, variables, settings.eta, random.next());
    const swap = random.next() < exchange;
    children[swap ? 1 : 0][i] = a < b ? low : high;
    children[swap ? 0 : 1][i] = a < b ? high : low;
  });
  return children;
}

/** The lower and the higher child of one variable; `y1 < y2` are the parents' values. */
function crossValue(
  y1: number,
  y2: number,
  index: number,
  variables: Variables,
  eta: number,
  uniform: number,
): [low: number, high: number] {
  const gap = y2 - y1;
  const below = spread(1 + (2 * (y1 - (variables.lower[index] as number))) / gap, eta, uniform);
  const above = spread(1 + (2 * ((variables.upper[index] as number) - y2)) / gap, eta, uniform);
  const low = 0.5 * (y1 + y2 - below * gap);
  const high = 0.5 * (y1 + y2 + above * gap);
  return [repair(low, index, variables), repair(high, index, variables)];
}

/** The spread factor β_q, distributed so that a child cannot leave the bound that is `beta` away. */
function spread(beta: number, eta: number, uniform: number): number {
  const alpha = 2 - beta ** -(eta + 1);
  const x = uniform * alpha;
  return (x <= 1 ? x : 1 / (2 - x)) ** (1 / (eta + 1));
}
