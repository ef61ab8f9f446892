import type { Random } from '../../lib/random.ts';
import { constrainedDominance } from '../pareto.ts';
import type { RankedEvaluation } from '../searcher.ts';

/**
 * Binary tournaments: constrained dominance, then the larger crowding distance, then chance. Pairs are drawn
 * from whole permutations, so nobody meets twice before everybody has met once (pymoo's `TournamentSelection`).
 */
export function selectParents(
  population: readonly RankedEvaluation[],
  count: number,
  random: Random,
): RankedEvaluation[] {
  const drawn: number[] = [];
  while (drawn.length < 2 * count) drawn.push(...random.permutation(population.length));
  return Array.from({ length: count }, (_, i) => {
    const a = population[drawn[2 * i] as number] as RankedEvaluation;
    const b = population[drawn[2 * i + 1] as number] as RankedEvaluation;
    return tournament(a, b, random);
  });
}

function tournament(a: RankedEvaluation, b: RankedEvaluation, random: Random): RankedEvaluation {
  const relation = constrainedDominance(a, b);
  if (relation !== 0) return relation > 0 ? a : b;
  const crowdingA = a.crowding ?? Number.POSITIVE_INFINITY;
  const crowdingB = b.crowding ?? Number.POSITIVE_INFINITY;
  if (crowdingA !== crowdingB) return crowdingA > crowdingB ? a : b;
  return random.next() < 0.5 ? a : b;
}
