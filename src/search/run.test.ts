import { expect, it } from 'vitest';
import { type SearchRequest, runSearch } from './run.ts';
import type { Evaluation } from './searcher.ts';
import { type Genome, genomeKey, maximalGenome } from './space.ts';
import { spaceOf, toyScore } from './toys.testing.ts';

const space = spaceOf(3, 5, 2, 3);
const request: SearchRequest = {
  kind: 'nsga2',
  space,
  options: { seed: 3, evaluations: 24 },
  maximalMacs: 1000,
  known: [toyScore(maximalGenome(space))],
};

/** Hypervolumes by generation, and the genomes in the order of their scores. */
async function volumes(
  score: (genome: Genome) => Evaluation,
  part: Partial<SearchRequest> = {},
): Promise<[number[], string[]]> {
  const history: number[] = [];
  const order: string[] = [];
  await runSearch(
    { ...request, ...part },
    {
      evaluate: async (genomes, generation) => {
        expect(generation).toBe(history.length + 1);
        order.push(...genomes.map(genomeKey));
        return genomes.map(score);
      },
      onGeneration: (index, volume) => {
        expect(index).toBe(history.length + 1);
        history.push(volume);
      },
    },
  );
  return [history, order];
}

it('reports a hypervolume that never falls, after each generation', async () => {
  const [history, order] = await volumes(toyScore);
  expect(history).toHaveLength(3);
  expect(order).toHaveLength(24);
  expect(history).toEqual(history.toSorted((a, b) => a - b));
  expect(history[0]).toBeGreaterThan(0);
});

it('a third objective steers the search, but the hypervolume stays that of MACs and score', async () => {
  const flat = (genome: Genome): Evaluation => {
    const { objectives } = toyScore(genome);
    return { genome, objectives: [...objectives, 0] };
  };
  expect(await volumes(flat)).toEqual(await volumes(toyScore));
  const steered = (genome: Genome): Evaluation => {
    const { objectives } = toyScore(genome);
    return { genome, objectives: [...objectives, genome[1]!] };
  };
  expect((await volumes(steered))[1]).not.toEqual((await volumes(toyScore))[1]);
});

it('what is infeasible adds no hypervolume', async () => {
  const infeasible = (genome: Genome): Evaluation => ({ ...toyScore(genome), violation: 0.1 });
  const [history] = await volumes(infeasible, { known: [infeasible(maximalGenome(space))] });
  expect(history).toEqual([0, 0, 0]);
});
