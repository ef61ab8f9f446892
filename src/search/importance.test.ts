import { describe, expect, it } from 'vitest';
import { Random } from '../lib/random.ts';
import { type ScoredGenome, groupImportance, isNoise } from './importance.ts';
import { bayesianRidge } from './ridge.ts';
import type { Group } from './space.ts';
import { randomGenome } from './space.ts';

/** Genes with the choices 8, 6 and 4: fractions 1, .75 and .5. */
const genes = (count: number): Group[] =>
  Array.from({ length: count }, (_, layer) => {
    return { id: `${layer}.q`, kind: 'rank', layer, members: [`m${layer}`], choices: [8, 6, 4] };
  });

/** Random genomes whose score is a weighted sum of the fractions kept, and noise; the MACs are without any. */
function sample(
  groups: readonly Group[],
  count: number,
  weights: readonly number[],
  noise: number,
  seed = 1,
): ScoredGenome[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const genome = randomGenome({ groups }, random);
    const kept = genome.map((gene, i) => (groups[i]!.choices[gene] as number) / groups[i]!.choices[0]!);
    const weighted = kept.reduce((sum, fraction, i) => sum + fraction * (weights[i] ?? 0), 0);
    const macs = kept.reduce((sum, fraction, i) => sum + fraction * 1000 * (i + 1), 5000);
    return { genome, macs, score: weighted + noise * random.normal() };
  });
}

describe('importance of each group', () => {
  it('finds a linear truth: the change from the smallest to the largest choice', () => {
    const groups = genes(4);
    const points = sample(groups, 60, [0.4, 0, -0.2, 0.1], 1e-4);
    const found = groupImportance(groups, points);
    // Fractions go from .5 to 1, so a weight w is worth w/2.
    expect(found.map(({ score }) => score)).toEqual(
      [0.2, 0, -0.1, 0.05].map((score) => expect.closeTo(score, 3)),
    );
    expect(found.map(({ macs }) => macs / 1000)).toEqual(
      [0.5, 1, 1.5, 2].map((macs) => expect.closeTo(macs, 3)),
    );
    expect([0, 2, 3].map((i) => isNoise(found[i]!))).toEqual([false, false, false]);
    expect(found[2]).toMatchObject({ id: '2.q', kind: 'rank', layer: 2 });
  });

  it('knows its error: two standard errors hold the truth about 95 times in 100', () => {
    const groups = genes(12);
    const weights = groups.map((_, i) => (i < 3 ? 0.2 : 0));
    let [inside, falseAlarms, missed] = [0, 0, 0];
    for (let seed = 0; seed < 40; seed++) {
      groupImportance(groups, sample(groups, 80, weights, 0.04, seed)).forEach((each, i) => {
        const truth = (weights[i] as number) / 2;
        if (Math.abs(each.score - truth) <= 2 * each.error) inside++;
        if (truth === 0 && !isNoise(each)) falseAlarms++;
        if (truth > 0 && isNoise(each)) missed++;
      });
    }
    expect(inside / 480).toBeGreaterThan(0.9);
    expect(falseAlarms / 360).toBeLessThan(0.08);
    expect(missed / 120).toBeLessThan(0.02);
  });

  it('of pure noise is noise', () => {
    const groups = genes(20);
    const alarms = Array.from({ length: 20 }, (_, seed) =>
      groupImportance(groups, sample(groups, 48, [], 0.05, seed)).filter((each) => !isNoise(each)),
    ).flat();
    expect(alarms.length / 400).toBeLessThan(0.08);
  });

  it('of constant scores is zero', () => {
    const groups = genes(3);
    const points = sample(groups, 30, [], 0).map((point) => ({ ...point, score: 0.1 + 0.2 }));
    for (const each of groupImportance(groups, points)) {
      expect(each).toMatchObject({ score: 0, error: 0 });
      expect(isNoise(each)).toBe(true);
      expect(each.macs).not.toBe(0);
    }
  });

  it('with fewer points than genes is finite, and still sees the one that matters', () => {
    const groups = genes(60);
    const weights = groups.map((_, i) => (i === 7 ? 1 : 0));
    const found = groupImportance(groups, sample(groups, 40, weights, 0.01, 4));
    for (const { score, error, macs } of found)
      expect([score, error, macs].every(Number.isFinite)).toBe(true);
    const largest = found.toSorted((a, b) => Math.abs(b.score) - Math.abs(a.score))[0];
    expect(largest?.id).toBe('7.q');
    // Ridge takes back what it cannot be sure of, and says so.
    expect(largest!.score).toBeLessThanOrEqual(0.5);
    expect(largest!.error).toBeGreaterThan(0.01);
  });

  it('is shared, and doubted, among genes that always moved together', () => {
    const groups = genes(3);
    const points = sample(groups, 60, [0.4, 0, 0], 0.01).map((point) => ({
      ...point,
      genome: [point.genome![0]!, point.genome![0]!, point.genome![2]!],
    }));
    const [first, second, third] = groupImportance(groups, points);
    expect(first!.score).toBeCloseTo(second!.score, 6);
    expect(first!.score + second!.score).toBeCloseTo(0.2, 2);
    expect(first!.error).toBeGreaterThan(5 * third!.error);
  });

  it('of a group that never varied is nothing', () => {
    const groups = genes(2);
    const points = sample(groups, 30, [0.4, 0.4], 0).map((point) => ({
      ...point,
      genome: [point.genome![0]!, 1],
    }));
    expect(groupImportance(groups, points)[1]).toMatchObject({ score: 0, error: 0, macs: 0 });
  });

  it('counts a sub-network once, and reference points not at all', () => {
    const groups = genes(3);
    const points = sample(groups, 20, [0.4, 0.1, 0], 0.02);
    const untuned: ScoredGenome = { genome: null, macs: 1, score: 0 };
    expect(groupImportance(groups, [untuned, ...points, ...points])).toEqual(groupImportance(groups, points));
  });

  it('takes blocks, of which nothing may be left, and any number of points', () => {
    const block: Group = { id: '1.block', kind: 'block', layer: 1, members: ['o'], choices: [1, 0] };
    const points = [0, 1, 0, 1].map((gene, i): ScoredGenome => {
      return { genome: [gene, i >> 1], macs: 100 - 40 * gene, score: 0.9 - 0.3 * gene };
    });
    const groups = [block, ...genes(1)];
    const [first] = groupImportance(groups, points);
    expect(first!.score).toBeCloseTo(0.3, 3);
    expect(first!.macs).toBeCloseTo(40, 1);
    for (const few of [[], points.slice(0, 1)])
      for (const each of groupImportance(groups, few)) expect(each).toMatchObject({ score: 0, error: 0 });
    expect(groupImportance([], points)).toEqual([]);
  });

  it('takes no longer than a moment for a long search of a large model', () => {
    const groups = genes(160);
    const points = sample(groups, 5000, [1, 0.5], 0.01);
    const start = performance.now();
    const found = groupImportance(groups, points);
    expect(performance.now() - start).toBeLessThan(4000);
    expect(found[0]!.score).toBeCloseTo(0.5, 1);
  });
});

describe('Bayesian ridge', () => {
  it('is the same whether solved by columns or by observations', () => {
    const random = new Random(5);
    const values = (count: number): Float64Array => {
      const drawn = Array.from({ length: count }, () => random.normal());
      const centre = drawn.reduce((sum, x) => sum + x, 0) / count;
      return Float64Array.from(drawn, (x) => x - centre);
    };
    const [a, b] = [values(6), values(6)];
    const target = Float64Array.from(a, (x, i) => 2 * x - (b[i] as number) + 0.3 * random.normal());
    const two = bayesianRidge([a, b], target);
    // Columns of zeros tell nothing, and turn the same problem into one with more columns than observations.
    const nine = bayesianRidge([a, b, ...Array.from({ length: 7 }, () => new Float64Array(6))], target);
    for (const i of [0, 1]) {
      expect(nine.coefficients[i]).toBeCloseTo(two.coefficients[i]!, 9);
      expect(nine.errors[i]).toBeCloseTo(two.errors[i]!, 9);
    }
  });

  it('is ridge regression, solved by hand for one column', () => {
    // x = (−1, 0, 1), y = (−1.1, 0.1, 1): β = xᵀy / (xᵀx + λ), between 2.1/2 and 0.
    const x = Float64Array.of(-1, 0, 1);
    const fit = bayesianRidge([x], Float64Array.of(-1.1, 0.1, 1));
    expect(fit.coefficients[0]).toBeGreaterThan(0.9);
    expect(fit.coefficients[0]).toBeLessThanOrEqual(1.05);
    // Least squares: residuals −0.05, 0.1, −0.05; with one freedom left σ² = 0.015 and σ²/xᵀx = 0.0866².
    expect(fit.errors[0]).toBeGreaterThan(0.04);
    expect(fit.errors[0]).toBeLessThan(0.15);
  });

  it('has nothing to say of nothing', () => {
    expect(bayesianRidge([new Float64Array(3)], new Float64Array(3))).toEqual({
      coefficients: [0],
      errors: [0],
    });
    expect(bayesianRidge([], Float64Array.of(1, -1))).toEqual({ coefficients: [], errors: [] });
  });
});
