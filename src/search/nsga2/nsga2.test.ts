import { describe, expect, it } from 'vitest';
import { mean, sd } from '../../lib/statistics.ts';
import { BatchSearch } from '../batchSearch.ts';
import { hypervolume } from '../hypervolume.ts';
import { nonDominatedSort } from '../pareto.ts';
import { Nsga2 } from './nsga2.ts';
import {
  type ReferenceSetting,
  type Spread,
  golden,
  operatorSettings,
  problems,
} from './reference.testing.ts';

/**
 * Which settings of the reference run each time, on 30 seeds. PARE_THOROUGH=1 runs all of them, and the controls without
 * a deliberate mistake, on 40 (minutes).
 */
const selected = [
  'int/nncf-int/pop8/eval200',
  'int/nncf-int/pop40/eval1000',
  'int/nncf-int/pop40/eval3000',
  'int/pymoo-doc-int/pop40/eval1000',
  'int/nncf-int-gene-prob/pop40/eval1000',
  'zdt3/float-default/pop40/eval1000',
  'zdt4/float-default/pop40/eval1000',
  'zdt6/float-default/pop40/eval1000',
  'dtlz2/float-default/pop40/eval1000',
];
const thorough = process.env.PARE_THOROUGH === '1';
const seeds = Array.from({ length: thorough ? 40 : 30 }, (_, i) => 1000 + i);
const controls = golden?.controls.filter((c) => c.modification === null) ?? [];
const everything = [...(golden?.settings ?? []), ...controls];
const settings = thorough ? everything : everything.filter((s) => selected.includes(s.id));

/** Objectives of the final front and of everything scored. */
function optimise(setting: ReferenceSetting, seed: number): { front: number[][]; all: number[][] } {
  const problem = problems[setting.problem];
  const operators = operatorSettings[setting.operators];
  if (!problem || !operators) throw new Error(`unknown setting ${setting.id}`);
  const nsga2 = new Nsga2(problem.variables, { ...operators, population: setting.pop });
  const search = new BatchSearch(nsga2, { seed, budget: setting.evaluations });
  for (let batch = search.ask(); batch; batch = search.ask()) {
    search.tell(batch.map((genome) => ({ genome, objectives: problem.objectives(genome) })));
  }
  expect(search.state().evaluations).toBe(setting.evaluations);
  const front =
    nonDominatedSort(nsga2.members)[0]?.map((i) => [...(nsga2.members[i]?.objectives ?? [])]) ?? [];
  return { front, all: search.scored.map((e) => [...e.objectives]) };
}

/** The equivalence test of nsga2.json. */
function compare(values: readonly number[], reference: Spread, referenceSeeds: number): void {
  if (reference.sd === 0 || reference.mean < 0.01) return; // mostly 0: the second reference point tells
  const tolerance = 3.5 * Math.sqrt(sd(values) ** 2 / values.length + reference.sd ** 2 / referenceSeeds);
  expect(Math.abs(mean(values) - reference.mean)).toBeLessThanOrEqual(tolerance);
  expect(sd(values) / reference.sd).toBeGreaterThanOrEqual(0.55);
  expect(sd(values) / reference.sd).toBeLessThanOrEqual(1.8);
}

describe.skipIf(!golden)('NSGA-II against pymoo 0.6.2', { timeout: 300_000 }, () => {
  it('the integer problem is the same one', () => {
    const { X, F } = golden?.integer_problem.checks ?? { X: [], F: [] };
    expect(X.map((x) => problems.int?.objectives(x))).toEqual(F);
  });

  it.each(settings)('$id', (setting) => {
    const runs = seeds.map((seed) => optimise(setting, seed));
    for (const { reference_point: point, final_front: front, all_evaluated: all } of setting.hypervolume) {
      compare(
        runs.map((r) => hypervolume(r.front, point)),
        front,
        setting.n_seeds,
      );
      compare(
        runs.map((r) => hypervolume(r.all, point)),
        all,
        setting.n_seeds,
      );
    }
  });
});
