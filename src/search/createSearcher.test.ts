import { describe, expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { type SearchOptions, createSearcher, nsga2SettingsOf } from './createSearcher.ts';
import { hypervolume } from './hypervolume.ts';
import type { Evaluation, SearchKind, SearchState } from './searcher.ts';
import { type Genome, genomeKey, heuristicGenome, maximalGenome, minimalGenome } from './space.ts';
import { run, spaceOf, toyScore } from './toys.testing.ts';

const kinds: SearchKind[] = ['nsga2', 'random', 'hill-climb'];
const space = spaceOf(3, 5, 2, 3, 3, 5, 2, 3, 4, 3);
const options: SearchOptions = { seed: 1, evaluations: 60 };
const throughJson = (state: SearchState): SearchState => JSON.parse(JSON.stringify(state)) as SearchState;

function volume(kind: SearchKind, seed: number): number {
  const searcher = createSearcher(kind, space, { seed, evaluations: 60 });
  run(searcher);
  const objectives = searcher.scored.map((e) => e.objectives);
  return hypervolume(objectives, [1001, 0]);
}

/** Genomes with a full first gene are not allowed. */
const withConstraint = (genome: Genome): Evaluation => ({
  ...toyScore(genome),
  violation: genome[0] === 0 ? 1 : 0,
});

/** The third objective is cheapest where the first is dearest: all of the space is one front of three. */
const inThree = (genome: Genome): Evaluation => {
  const { objectives } = toyScore(genome);
  return { genome, objectives: [...objectives, genome.reduce((sum, gene) => sum + gene, 0)] };
};

/** One peak, at the genome 0, 1, 0, 1, … */
function slope(genome: Genome): Evaluation {
  return { genome, objectives: [0, genome.reduce((sum, gene, i) => sum + (gene - (i % 2)) ** 2, 0)] };
}

describe.each(kinds)('%s', (kind) => {
  it('spends its budget exactly, on different genomes', () => {
    const searcher = createSearcher(kind, space, options);
    const asked = run(searcher).flat();
    expect(asked).toHaveLength(60);
    expect(new Set(asked.map(genomeKey)).size).toBe(60);
    expect(searcher.scored).toHaveLength(60);
    expect(searcher.ask()).toBeNull();
    expect(searcher.state().evaluations).toBe(60);
  });

  it('continues bit for bit from any batch', () => {
    const whole = run(createSearcher(kind, space, options));
    for (let cut = 0; cut < whole.length; cut += 3) {
      const first = createSearcher(kind, space, options);
      const before = run(first, cut);
      const second = createSearcher(kind, space, options, throughJson(first.state()));
      expect([...before, ...run(second)]).toEqual(whole);
      expect(second.scored).toHaveLength(60);
    }
  });

  it('continues in the middle of a batch, with scores told one by one and out of order', () => {
    const plain = createSearcher(kind, space, options);
    run(plain);
    let searcher = createSearcher(kind, space, options);
    for (let batch = searcher.ask(); batch; batch = searcher.ask()) {
      searcher.tell([toyScore(batch.at(-1) as number[])]);
      searcher = createSearcher(kind, space, options, throughJson(searcher.state()));
    }
    expect(searcher.state().members).toEqual(plain.state().members);
    expect(searcher.state().random).toEqual(plain.state().random);
    expect(searcher.generation).toBe(plain.generation);
  });

  it('depends on its seed', () => {
    const other = run(createSearcher(kind, space, { ...options, seed: 2 }));
    expect(other).not.toEqual(run(createSearcher(kind, space, options)));
  });

  it('minimises three objectives, bit for bit again, on different genomes', () => {
    const searcher = createSearcher(kind, space, options);
    const asked = run(searcher, Infinity, inThree);
    expect(new Set(asked.flat().map(genomeKey)).size).toBe(60);
    const again = createSearcher(kind, space, options);
    const before = run(again, 2, inThree);
    const rest = run(createSearcher(kind, space, options, throughJson(again.state())), Infinity, inThree);
    expect([...before, ...rest]).toEqual(asked);
    for (const { objectives } of searcher.state().members) expect(objectives).toHaveLength(3);
  });

  it('prefers what is feasible', () => {
    const searcher = createSearcher(kind, space, options);
    run(searcher, Infinity, withConstraint);
    for (const { violation } of searcher.state().members) expect(violation).toBe(0);
    expect(searcher.scored.some((e) => e.violation === 0)).toBe(true);
  });

  it('stops when a small space is exhausted', () => {
    const searcher = createSearcher(kind, spaceOf(3, 4), { ...options, evaluations: 100 });
    expect(new Set(run(searcher).flat().map(genomeKey)).size).toBe(12);
    expect(searcher.ask()).toBeNull();
  });

  it('refuses scores that were not asked for, are told twice, or are no numbers', () => {
    const searcher = createSearcher(kind, space, options);
    const [genome = []] = searcher.ask() ?? [];
    const stranger = genome.with(0, ((genome[0] as number) + 1) % 3).with(9, ((genome[9] as number) + 1) % 3);
    expect(() => searcher.tell([toyScore(stranger)])).toThrow('not asked for');
    expect(() => searcher.tell([{ genome, objectives: [1, Number.NaN] }])).toThrow('finite');
    expect(() => searcher.tell([toyScore(genome), toyScore(genome)])).toThrow('twice');
    const restored = (): unknown =>
      createSearcher(kind === 'random' ? 'nsga2' : 'random', space, options, searcher.state());
    expect(restored).toThrow('cannot continue');
  });
});

describe('NSGA-II presets', () => {
  it('Pare starts from the maximal, heuristic and minimal genomes, and never scores one twice', () => {
    const [first = []] = run(createSearcher('nsga2', space, options), 1);
    expect(first.slice(0, 3)).toEqual([maximalGenome(space), heuristicGenome(space), minimalGenome(space)]);
    expect(first).toHaveLength(8);
  });

  it('published: random start; a genome that comes back costs budget but no evaluation', () => {
    const small = spaceOf(3, 3, 2);
    const searcher = createSearcher('nsga2', small, { ...options, preset: 'published', evaluations: 200 });
    const asked = run(searcher).flat();
    expect(new Set(asked.map(genomeKey)).size).toBe(asked.length);
    expect(asked.length).toBeLessThanOrEqual(18);
    expect(searcher.state().evaluations).toBeGreaterThan(asked.length);
    expect(searcher.ask()).toBeNull();
  });

  it('take a population and single overrides', () => {
    const settings = nsga2SettingsOf({ ...options, population: 20, nsga2: { duplicates: 'keep' } });
    expect(settings).toMatchObject({ population: 20, duplicates: 'keep', seeded: true });
    const kept = createSearcher('nsga2', space, { ...options, nsga2: { duplicates: 'keep', seeded: false } });
    run(kept);
    expect(kept.state().evaluations).toBe(60);
  });

  it('beats random search on the same budget', () => {
    const seeds = Array.from({ length: 10 }, (_, i) => i);
    const wins = seeds.filter((seed) => volume('nsga2', seed) > volume('random', seed));
    expect(wins.length).toBeGreaterThanOrEqual(9);
  });

  it('climbs towards what is feasible where nothing is', () => {
    const searcher = createSearcher('nsga2', space, { ...options, evaluations: 120 });
    const far = (genome: Genome): Evaluation => ({
      ...toyScore(genome),
      violation: 1 + genome.reduce((sum, gene) => sum + gene, 0),
    });
    run(searcher, Infinity, far);
    // The maximal genome violates least, and is in the first population.
    expect(searcher.state().members[0]?.genome).toEqual(maximalGenome(space));
  });

  it('survives by all three objectives: the best of each stays', () => {
    const searcher = createSearcher('nsga2', space, options);
    run(searcher, Infinity, inThree);
    const { members, scored } = searcher.state();
    for (const d of [0, 1, 2]) {
      const least = Math.min(...scored.map((e) => e.objectives[d] as number));
      expect(Math.min(...members.map((m) => m.objectives[d] as number))).toBe(least);
    }
  });
});

describe('the hill climb', () => {
  it('starts at the heuristic, then tries neighbours of where it stands', () => {
    const [start, next = []] = run(createSearcher('hill-climb', space, options), 2);
    expect(start).toEqual([heuristicGenome(space)]);
    for (const genome of next) {
      const steps = genome.map((gene, i) => Math.abs(gene - (start?.[0]?.[i] as number)));
      expect(steps.reduce((a, b) => a + b, 0)).toBe(1);
    }
  });

  it('weighs equal accuracy by MACs before any third objective', () => {
    const searcher = createSearcher('hill-climb', spaceOf(9), { ...options, evaluations: 3 });
    // From gene 4: its neighbours are as accurate; 5 has fewer MACs, 3 a smaller third.
    run(searcher, Infinity, (genome) => ({ genome, objectives: [-genome[0]!, 0, genome[0]!] }));
    expect(searcher.state().members[0]?.genome).toEqual([5]);
  });

  it('ends on the most accurate genome of a smooth slope', () => {
    const searcher = createSearcher('hill-climb', space, { ...options, evaluations: 150 });
    run(searcher, Infinity, slope);
    expect(searcher.scored.some((e) => e.objectives[1] === 0)).toBe(true);
  });
});

describe('options', () => {
  it('are checked, with a remedy', () => {
    const create =
      (part: Partial<SearchOptions>, groups = space) =>
      () =>
        createSearcher('nsga2', groups, { ...options, ...part });
    expect(create({ evaluations: 0 })).toThrow(PareError);
    expect(create({ population: 1 })).toThrow('two genomes');
    expect(create({}, { groups: [] })).toThrow('nothing to search');
    const foreign = { ...createSearcher('nsga2', space, options).state(), scored: [toyScore([0, 0])] };
    expect(() => createSearcher('nsga2', space, options, foreign)).toThrow('2 genes');
  });
});
