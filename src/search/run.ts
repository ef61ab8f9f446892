import { HypervolumeTracker } from './hypervolume.ts';
import { createSearcher, type SearchOptions } from './createSearcher.ts';
import type { Evaluation, SearchKind } from './searcher.ts';
import type { Genome, SearchSpace } from './space.ts';

/** Everything that a search needs to know; plain data, so that it can cross to a worker. */
export interface SearchRequest {
  readonly kind: SearchKind;
  readonly space: SearchSpace;
  readonly options: SearchOptions;
  /** The hypervolume's reference point: maximal MACs (accuracy 0). MACs are divided by it, so the volume is in 0..1. */
  readonly maximalMacs: number;
  /** Scored before the search began (the untuned base does not count: it is outside the space). */
  readonly known: readonly Evaluation[];
}

/** Who scores the genomes and hears of progress. */
export interface SearchHost {
  /** Objectives are [MACs, −score] or [MACs, −score, third], all to be minimised; as many for every genome of a search. */
  evaluate(genomes: Genome[], generation: number): Promise<Evaluation[]>;
  /** `hypervolume`: of MACs and score, over the feasible genomes so far. */
  onGeneration(index: number, hypervolume: number): void | Promise<void>;
}

/**
 * Runs a search to the end of its budget. Rejects where the host's `evaluate` does (a stop).
 *
 * The hypervolume stays that of the first two objectives where there is a third, which the search itself does optimise: it
 * belongs to the front that the page draws, it needs no reference value for parameters, bytes or milliseconds, and
 * searches with and without a third objective can be compared by it.
 */
export async function runSearch(request: SearchRequest, host: SearchHost): Promise<void> {
  const searcher = createSearcher(request.kind, request.space, request.options);
  const volume = new HypervolumeTracker([1, 0]);
  const add = ({ objectives: [macs, loss], violation = 0, unfinished }: Evaluation) =>
    violation > 0 || unfinished ? volume.value : volume.add([macs! / request.maximalMacs, loss!]);
  let hypervolume = request.known.reduce((_, evaluation) => add(evaluation), 0);
  for (let genomes = searcher.ask(); genomes; genomes = searcher.ask()) {
    const results = await host.evaluate(genomes, searcher.generation + 1);
    searcher.tell(results);
    for (const result of results) hypervolume = add(result);
    await host.onGeneration(searcher.generation, hypervolume);
  }
}
