import type { Random } from '../../lib/random.ts';
import { crowdingDistance, nonDominatedSort } from '../pareto.ts';
import type { Evaluation, RankedEvaluation } from '../searcher.ts';

/**
 * The best `size` of a merged population: whole fronts while they fit, then the least crowded of the next one, equal
 * distances by chance (Deb et al. 2002, section III-C). Crowding is that of the front before the cut.
 */
export function survive(merged: readonly Evaluation[], size: number, random: Random): RankedEvaluation[] {
  const survivors: RankedEvaluation[] = [];
  for (const [rank, front] of nonDominatedSort(merged).entries()) {
    const ranked = rankFront(
      front.map((i) => merged[i] as Evaluation),
      rank,
    );
    const room = size - survivors.length;
    survivors.push(...(ranked.length <= room ? ranked : leastCrowded(ranked, random).slice(0, room)));
    if (survivors.length === size) break;
  }
  return survivors;
}

function rankFront(front: readonly Evaluation[], rank: number): RankedEvaluation[] {
  const distances = crowdingDistance(front.map((e) => e.objectives));
  return front.map(({ genome, objectives, violation = 0 }, i) => {
    const distance = distances[i] as number;
    return { genome, objectives, violation, rank, crowding: Number.isFinite(distance) ? distance : null };
  });
}

/** Sorted by falling crowding; the sort is stable, so shuffling first decides ties. */
function leastCrowded(front: RankedEvaluation[], random: Random): RankedEvaluation[] {
  return random.shuffle([...front]).sort((a, b) => crowdingOf(b) - crowdingOf(a));
}

const crowdingOf = ({ crowding }: RankedEvaluation): number => crowding ?? Number.MAX_VALUE;
