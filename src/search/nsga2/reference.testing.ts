/**
 * The reference problems and operator settings of `golden-methods/nsga2.json`, and a statistical test. The problems are
 * defined in that file; what is here says the same in code.
 */
import { hasShared, readSharedJson } from '../../lib/golden.testing.ts';
import type { Nsga2Settings } from './settings.ts';
import type { Variables } from './variables.ts';

export interface Spread {
  readonly mean: number;
  readonly sd: number;
}

export interface ReferenceSetting {
  readonly id: string;
  readonly problem: string;
  readonly operators: string;
  readonly pop: number;
  readonly evaluations: number;
  readonly n_seeds: number;
  readonly hypervolume: readonly {
    readonly reference_point: readonly number[];
    readonly final_front: Spread;
    readonly all_evaluated: Spread;
  }[];
}

interface IntegerTables {
  choices: number[];
  cost: number[][];
  a: number[][];
  d: number[][];
  pairs: [number, number][];
  b: number[][][];
  cost_base: number;
  loss_base: number;
  checks: { X: number[][]; F: number[][] };
}

interface Golden {
  settings: ReferenceSetting[];
  controls: (ReferenceSetting & { modification: string | null })[];
  integer_problem: IntegerTables;
}

export const goldenFile = 'golden-methods/nsga2.json';
export const golden: Golden | null = hasShared(goldenFile) ? readSharedJson<Golden>(goldenFile) : null;

export interface Problem {
  readonly variables: Variables;
  readonly objectives: (x: readonly number[]) => number[];
}

const box = (n: number, lower = 0, upper = 1): Variables => ({
  lower: Array.from({ length: n }, (_, i) => (i === 0 ? 0 : lower)),
  upper: Array.from({ length: n }, (_, i) => (i === 0 ? 1 : upper)),
  integer: false,
});
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const zdtG = (x: readonly number[]): number => 1 + (9 * sum(x.slice(1))) / (x.length - 1);

/** A ZDT function from its f1, its g, and the shape of f2 / g as a function of f1 / g and f1. */
function zdt(
  variables: Variables,
  g: (x: readonly number[]) => number,
  shape: (ratio: number, f1: number) => number,
  first = (x1: number): number => x1,
): Problem {
  const objectives = (x: readonly number[]): number[] => {
    const f1 = first(x[0] as number);
    return [f1, g(x) * shape(f1 / g(x), f1)];
  };
  return { variables, objectives };
}

const zdt4G = (x: readonly number[]): number =>
  1 + 10 * (x.length - 1) + sum(x.slice(1).map((xi) => xi ** 2 - 10 * Math.cos(4 * Math.PI * xi)));
const zdt6G = (x: readonly number[]): number => 1 + 9 * (sum(x.slice(1)) / (x.length - 1)) ** 0.25;

function dtlz2(x: readonly number[]): number[] {
  const radius = 1 + sum(x.slice(1).map((xi) => (xi - 0.5) ** 2));
  const angle = ((x[0] as number) * Math.PI) / 2;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** One entry of each variable's table, summed. */
const pick = (table: number[][], x: readonly number[]): number =>
  sum(x.map((value, i) => table[i]?.[value] as number));

function integerProblem(t: IntegerTables): Problem {
  const objectives = (x: readonly number[]): number[] => {
    const pairs = sum(t.pairs.map(([i, j], p) => t.b[p]?.[x[i] as number]?.[x[j] as number] as number));
    const quadratic = Math.floor(pick(t.d, x) ** 2 / 16);
    return [t.cost_base + pick(t.cost, x), t.loss_base + pick(t.a, x) + pairs + quadratic];
  };
  const lower = t.choices.map(() => 0);
  return { variables: { lower, upper: t.choices.map((n) => n - 1), integer: true }, objectives };
}

export const problems: Readonly<Record<string, Problem>> = {
  zdt1: zdt(box(30), zdtG, (r) => 1 - Math.sqrt(r)),
  zdt2: zdt(box(30), zdtG, (r) => 1 - r ** 2),
  zdt3: zdt(box(30), zdtG, (r, f1) => 1 - Math.sqrt(r) - r * Math.sin(10 * Math.PI * f1)),
  zdt4: zdt(box(10, -5, 5), zdt4G, (r) => 1 - Math.sqrt(r)),
  zdt6: zdt(
    box(10),
    zdt6G,
    (r) => 1 - r ** 2,
    (x1) => 1 - Math.exp(-4 * x1) * Math.sin(6 * Math.PI * x1) ** 6,
  ),
  dtlz2: { variables: box(10), objectives: dtlz2 },
  ...(golden ? { int: integerProblem(golden.integer_problem) } : {}),
};

const published: Omit<Nsga2Settings, 'population'> = {
  crossover: { probability: 0.9, eta: 10 },
  mutation: { perChild: 0.02, perVariable: null, eta: 3 },
  duplicates: 'population',
  seeded: false,
};

export const operatorSettings: Readonly<Record<string, Omit<Nsga2Settings, 'population'>>> = {
  'float-default': {
    ...published,
    crossover: { probability: 0.9, eta: 15 },
    mutation: { perChild: 0.9, perVariable: null, eta: 20 },
  },
  'nncf-int': published,
  'pymoo-doc-int': {
    ...published,
    crossover: { probability: 1, eta: 3 },
    mutation: { perChild: 1, perVariable: null, eta: 3 },
  },
  'nncf-int-gene-prob': {
    ...published,
    mutation: { perChild: 1, perVariable: 0.02, eta: 3 },
  },
  'nncf-int-mut1': { ...published, mutation: { perChild: 1, perVariable: null, eta: 3 } },
  'nncf-int-dups': { ...published, duplicates: 'keep' },
};

/**
 * Two-sample chi-square test of counts over the same categories: z of the statistic (Wilson–Hilferty), so that 4 is a
 * chance of 3 in 100,000. Categories with fewer than ten in all are pooled.
 */
export function chiSquareZ(a: readonly number[], b: readonly number[]): number {
  const isRare = (i: number): boolean => (a[i] as number) + (b[i] as number) < 10;
  const kept = [...a.keys()].filter((i) => !isRare(i));
  const pooled = (counts: readonly number[]): number[] => {
    const rest = sum(counts.filter((_, i) => isRare(i)));
    return [...kept.map((i) => counts[i] as number), rest];
  };
  const [x, y] = [pooled(a), pooled(b)];
  const [ratio, inverse] = [Math.sqrt(sum(b) / sum(a)), Math.sqrt(sum(a) / sum(b))];
  let statistic = 0;
  let categories = 0;
  x.forEach((xi, i) => {
    const yi = y[i] as number;
    if (xi + yi === 0) return;
    categories += 1;
    statistic += (xi * ratio - yi * inverse) ** 2 / (xi + yi);
  });
  const freedom = categories - 1;
  if (freedom < 1) return 0;
  const width = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - width)) / Math.sqrt(width);
}
