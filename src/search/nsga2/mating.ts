import type { Random } from '../../lib/random.ts';
import type { RankedEvaluation } from '../searcher.ts';
import { genomeKey } from '../space.ts';
import { type CrossoverSettings, simulatedBinaryCrossover } from './sbx.ts';
import { type MutationSettings, mutate } from './mutation.ts';
import { selectParents } from './tournament.ts';
import type { Variables } from './variables.ts';

export interface MatingSettings {
  readonly crossover: CrossoverSettings;
  readonly mutation: MutationSettings;
}

/** How often mating is repeated to replace duplicates, before it is content with fewer children (pymoo). */
const maximalRounds = 100;

/** Up to `count` children that `isDuplicate` does not know and that differ from each other. */
export function mate(
  population: readonly RankedEvaluation[],
  count: number,
  variables: Variables,
  settings: MatingSettings,
  isDuplicate: ((key: string) => boolean) | null,
  random: Random,
): number[][] {
  const children: number[][] = [];
  const keys = new Set<string>();
  for (let round = 0; round < maximalRounds && children.length < count; round++) {
    for (const child of brood(population, count - children.length, variables, settings, random)) {
      const key = genomeKey(child);
      if (isDuplicate && (keys.has(key) || isDuplicate(key))) continue;
      keys.add(key);
      if (children.length < count) children.push(child);
    }
  }
  return children;
}

/** One round: ceil(count / 2) pairs; all first children, then all second ones. */
function brood(
  population: readonly RankedEvaluation[],
  count: number,
  variables: Variables,
  { crossover, mutation }: MatingSettings,
  random: Random,
): number[][] {
  const pairs = Math.ceil(count / 2);
  const parents = selectParents(population, 2 * pairs, random).map((parent) => parent.genome);
  const crossed = Array.from({ length: pairs }, (_, i) => {
    const pair = [parents[2 * i] as number[], parents[2 * i + 1] as number[]] as const;
    return simulatedBinaryCrossover(pair, variables, crossover, random);
  });
  const children = [...crossed.map(([first]) => first), ...crossed.map(([, second]) => second)];
  return children.map((child) => mutate(child, variables, mutation, random));
}
