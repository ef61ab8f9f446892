/** What every search method looks like from outside: ask for genomes, tell their scores, save, continue. */
import type { RandomState } from '../lib/random.ts';
import type { Genome } from './space.ts';

export interface Evaluation {
  readonly genome: Genome;
  /** To be minimised and finite; by convention [MACs, −accuracy, …]. */
  readonly objectives: readonly number[];
  /** By how much constraints are violated; 0 or absent: feasible. */
  readonly violation?: number;
  /**
   * Scoring was stopped after so many of the examples: the objectives are the best that it could have had, and another
   * sub-network, scored whole, dominates even those. So it is on no front, and is never chosen.
   */
  readonly unfinished?: { readonly seen: number; readonly of: number };
}

/** Those scored to the end. */
export const wholeOnes = <T extends Evaluation>(evaluations: readonly T[]): T[] =>
  evaluations.filter(({ unfinished }) => !unfinished);

/** An evaluation with its place in the population that it survived into. `crowding` null stands for infinity (JSON has none). */
export interface RankedEvaluation extends Evaluation {
  readonly rank: number;
  readonly crowding: number | null;
}

export type SearchKind = 'nsga2' | 'random' | 'hill-climb';

/** Everything that a search needs to continue bit for bit. Plain JSON. */
export interface SearchState {
  readonly version: 1;
  readonly kind: SearchKind;
  readonly random: RandomState;
  /** Batches finished so far. */
  readonly generation: number;
  /** Genomes proposed so far, the pending batch included; this is what the budget limits. */
  readonly evaluations: number;
  /** Every genome scored, in the order in which the scores came. */
  readonly scored: readonly Evaluation[];
  /** The batch being scored, or null between batches. */
  readonly batch: readonly Genome[] | null;
  /** What the method itself remembers: NSGA-II its population, the hill climb its position, random search nothing. */
  readonly members: readonly RankedEvaluation[];
}

export interface Searcher {
  /** The genomes to score now, or null when the search is over. Asking again returns those still missing. */
  ask(): Genome[] | null;
  /** Scores of asked genomes, in any order and in any portions. */
  tell(results: readonly Evaluation[]): void;
  state(): SearchState;
  /** Every genome scored so far. */
  readonly scored: readonly Evaluation[];
  /** Batches finished so far. */
  readonly generation: number;
}
