import { describe, expect, it } from 'vitest';
import { hasShared, readSharedJson } from '../../lib/golden.testing.ts';
import { Random } from '../../lib/random.ts';
import { chiSquareZ } from './reference.testing.ts';
import { mutate } from './mutation.ts';
import { simulatedBinaryCrossover } from './sbx.ts';
import type { Variables } from './variables.ts';

interface SbxCase {
  prob: number;
  eta: number;
  choices: number;
  parent0: number;
  parent1: number;
  samples: number;
  joint_counts_child0_child1: number[][];
}
interface PmCase {
  prob: number;
  eta: number;
  n_var: number;
  choices: number;
  value: number;
  samples: number;
  counts: number[];
}
interface PmSummary {
  prob: number;
  eta: number;
  summary: true;
  individuals_changed: number;
  genes_changed: number;
  samples: number;
}
interface FloatCase {
  prob: number;
  eta: number;
  samples: number;
  changed: number;
  quantile_levels: number[];
}
interface SbxFloatCase extends FloatCase {
  parent0: number;
  parent1: number;
  changed_and_nearer_parent0: number;
  low_child_quantiles_given_changed: number[];
  high_child_quantiles_given_changed: number[];
}
interface PmFloatCase extends FloatCase {
  n_var: number;
  value: number;
  quantiles_given_changed: number[];
}
interface Operators {
  sbx_integer: SbxCase[];
  pm_integer: (PmCase | PmSummary)[];
  sbx_float: SbxFloatCase[];
  pm_float: PmFloatCase[];
}

const file = 'golden-methods/nsga2-units.json';
const present = hasShared(file);
const empty: Operators = { sbx_integer: [], pm_integer: [], sbx_float: [], pm_float: [] };
const operators = present ? readSharedJson<{ operators: Operators }>(file).operators : empty;
const isCase = (c: PmCase | PmSummary): c is PmCase => !('summary' in c);
const samples = 40_000;
/** About 3 in 100,000 for one test, and there are some seventy. */
const threshold = 4;

const integers = (...choices: number[]): Variables => {
  return { lower: choices.map(() => 0), upper: choices.map((n) => n - 1), integer: true };
};
const unitBox = (n: number): Variables => ({
  lower: Array(n).fill(0),
  upper: Array(n).fill(1),
  integer: false,
});

/** Counts of values between the reference's quantiles, against what the levels say of so many values. */
function quantileZ(
  values: readonly number[],
  quantiles: readonly number[],
  levels: readonly number[],
): number {
  const edges = [0, ...levels, 1];
  const expected = edges.slice(1).map((level, i) => (level - (edges[i] as number)) * values.length);
  const counts = expected.map(() => 0);
  for (const value of values) {
    const bin = quantiles.filter((q) => q < value).length;
    counts[bin] = (counts[bin] as number) + 1;
  }
  return chiSquareZ(counts, expected);
}

describe.skipIf(!present)('distributions against pymoo 0.6.2', () => {
  it.each(operators.sbx_integer)('SBX of integers, η $eta: $parent0 and $parent1 of $choices', (c) => {
    const random = new Random(c.choices * 100 + c.parent0 * 10 + c.parent1);
    const settings = { probability: c.prob, eta: c.eta };
    const counts = Array<number>(c.choices ** 2).fill(0);
    for (let i = 0; i < samples; i++) {
      const pair = [[c.parent0], [c.parent1]] as const;
      const [[a = 0], [b = 0]] = simulatedBinaryCrossover(pair, integers(c.choices), settings, random);
      counts[a * c.choices + b] = (counts[a * c.choices + b] as number) + 1;
    }
    expect(chiSquareZ(counts, c.joint_counts_child0_child1.flat())).toBeLessThan(threshold);
  });

  it.each([0.02, 1])('polynomial mutation of integers, %f of the children', (perChild) => {
    const cases = operators.pm_integer.filter(isCase).filter((c) => c.prob === perChild);
    const summary = operators.pm_integer.find((c) => !isCase(c) && c.prob === perChild) as PmSummary;
    const variables = integers(...cases.map((c) => c.choices));
    const child = cases.map((c) => c.value);
    const settings = { perChild, perVariable: null, eta: summary.eta } as const;
    const counts = cases.map((c) => Array<number>(c.choices).fill(0));
    const random = new Random(11);
    let changed = 0;
    for (let i = 0; i < samples; i++) {
      const mutant = mutate(child, variables, settings, random);
      mutant.forEach(
        (value, k) => ((counts[k] as number[])[value] = ((counts[k] as number[])[value] as number) + 1),
      );
      if (mutant.some((value, k) => value !== child[k])) changed += 1;
    }
    cases.forEach((c, k) => expect(chiSquareZ(counts[k] as number[], c.counts)).toBeLessThan(threshold));
    const individuals = [summary.individuals_changed, summary.samples - summary.individuals_changed];
    expect(chiSquareZ([changed, samples - changed], individuals)).toBeLessThan(threshold);
  });

  it.each(operators.sbx_float)('SBX of reals: $parent0 and $parent1', (c) => {
    const random = new Random(5);
    const low: number[] = [];
    const high: number[] = [];
    let nearer = 0;
    for (let i = 0; i < samples; i++) {
      const pair = [[c.parent0], [c.parent1]] as const;
      const settings = { probability: c.prob, eta: c.eta };
      const [[a = 0], [b = 0]] = simulatedBinaryCrossover(pair, unitBox(1), settings, random);
      if (a === c.parent0 && b === c.parent1) continue;
      low.push(Math.min(a, b));
      high.push(Math.max(a, b));
      if (Math.abs(a - c.parent0) < Math.abs(a - c.parent1)) nearer += 1;
    }
    const kinds = [nearer, low.length - nearer, samples - low.length];
    const reference = [
      c.changed_and_nearer_parent0,
      c.changed - c.changed_and_nearer_parent0,
      c.samples - c.changed,
    ];
    expect(chiSquareZ(kinds, reference)).toBeLessThan(threshold);
    expect(quantileZ(low, c.low_child_quantiles_given_changed, c.quantile_levels)).toBeLessThan(threshold);
    expect(quantileZ(high, c.high_child_quantiles_given_changed, c.quantile_levels)).toBeLessThan(threshold);
  });

  it.each(operators.pm_float)('polynomial mutation of reals: $value', (c) => {
    const random = new Random(6);
    const settings = { perChild: c.prob, perVariable: null, eta: c.eta } as const;
    const child = Array<number>(c.n_var).fill(c.value);
    const moved: number[] = [];
    for (let i = 0; i < samples; i++) {
      const [value = 0] = mutate(child, unitBox(c.n_var), settings, random);
      if (value !== c.value) moved.push(value);
    }
    const reference = [c.changed, c.samples - c.changed];
    expect(chiSquareZ([moved.length, samples - moved.length], reference)).toBeLessThan(threshold);
    expect(quantileZ(moved, c.quantiles_given_changed, c.quantile_levels)).toBeLessThan(threshold);
  });
});

describe('chiSquareZ', () => {
  it('is about 0 for equal counts and large for different ones', () => {
    expect(chiSquareZ([500, 300, 200], [1000, 600, 400])).toBeLessThan(0);
    expect(chiSquareZ([500, 300, 200], [1000, 400, 600])).toBeGreaterThan(threshold);
    expect(chiSquareZ([40_000, 0], [40_000, 0])).toBe(0);
  });
});
