import type { Random } from '../lib/random.ts';
import { limitsOf } from '../search/plan.ts';
import { maximalGenome, minimalGenome, randomGenome, type ElasticSpace } from '../search/space.ts';

export interface SamplingOptions {
  readonly sequences: number;
  readonly sampling: 'random' | 'sandwich';
  /** One sub-network for all sequences. */
  readonly shared: boolean;
  readonly step: number;
}

/**
 * The sub-networks of one step, a row of limits a sequence: uniform and independent; with `sandwich` the first
 * sequence takes the maximal and the second the minimal one. Where the weight is merged inside the forward pass there is
 * one weight, so all sequences share one sub-network, and a sandwich comes in three steps. Used by forward and backward
 * alike.
 */
export function sampleLimits(
  elastic: ElasticSpace,
  { sequences, sampling, shared, step }: SamplingOptions,
  random: Random,
): Int32Array {
  const count = shared ? 1 : sequences;
  // Smaller batches would have no room left for random ones.
  const both = sampling === 'sandwich' && (shared || sequences >= 3);
  const rows = Array.from({ length: count }, (_, index) => {
    const drawn = randomGenome(elastic.space, random);
    const place = shared ? step % 3 : index;
    if (both && place === 0) return maximalGenome(elastic.space);
    if (both && place === 1) return minimalGenome(elastic.space);
    return drawn;
  }).map((genome) => limitsOf(elastic, genome));
  return Int32Array.from(Array.from({ length: sequences }, (_, index) => rows[index % count]!).flat());
}
