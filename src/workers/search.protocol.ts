import type { Evaluation } from '../search/searcher.ts';
import type { Genome } from '../search/space.ts';
import type { SearchRequest } from '../search/run.ts';

/** What the search worker does for the studio worker, over the port between them. Types only. */
export interface SearchJobApi {
  /** Resolves when the budget is spent; rejects when scoring does. */
  run(
    request: SearchRequest,
    evaluate: (genomes: Genome[], generation: number) => Promise<Evaluation[]>,
    onGeneration: (index: number, hypervolume: number) => void,
  ): Promise<void>;
}
