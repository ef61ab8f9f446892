import type { Random } from '../lib/random.ts';
import { limitsOf } from '../search/plan.ts';
import { maximalGenome, minimalGenome, randomGenome, type ElasticSpace } from '../search/space.ts';

/**
 * The sub-networks of one step, a row of limits a sequence: uniform and independent; with `sandwich` the first
 * sequence takes the maximal and the second the minimal one. Used by forward and backward alike.
 */
export function sampleLimits(
  elastic: ElasticSpace,
  sequences: number,
  sampling: 'random' | 'sandwich',
  random: Random,
): Int32Array {
  // Smaller batches would have no room left for random ones.
  const both = sampling === 'sandwich' && sequences >= 3;
  const rows = Array.from({ length: sequences }, (_, index) => {
    const drawn = randomGenome(elastic.space, random);
    if (both && index === 0) return maximalGenome(elastic.space);
    if (both && index === 1) return minimalGenome(elastic.space);
    return drawn;
  });
  return Int32Array.from(rows.flatMap((genome) => limitsOf(elastic, genome)));
}
