import type { Runnable } from '../../models/runnable.ts';
import { chooseSubNetwork, mostAccurate } from '../../search/choose.ts';
import type { Evaluation } from '../../search/searcher.ts';
import { heuristicGenome, maximalGenome, minimalGenome, type ElasticSpace, type Genome } from '../../search/space.ts';
import { beginStage, progress, type RunContext } from '../run-context.ts';
import { GenomeScorer } from './score.ts';

export interface SearchOutcome {
  readonly scored: readonly Evaluation[];
  readonly heuristic: Evaluation;
  readonly maximal: Evaluation;
  readonly minimal: Evaluation;
  readonly best: Evaluation;
  /** By the rule of METHODS §9; the most accurate where none is within the tolerance. */
  readonly chosen: Evaluation;
}

/** Scores the three reference sub-networks, then searches on the recipe's budget. */
export async function searchSubNetworks(run: RunContext, model: Runnable, elastic: ElasticSpace): Promise<SearchOutcome> {
  const { space } = elastic;
  const { search, seed } = run.recipe;
  const scorer = await GenomeScorer.create(run, model, elastic);
  try {
    beginStage(run, 'search', search?.evaluations ?? 3);
    const first = async (genome: Genome) => {
      const evaluation = await scorer.score(genome, 0);
      progress(run, 'search', scorer.scored.size);
      return evaluation;
    };
    const heuristic = await first(heuristicGenome(space));
    const maximal = await first(maximalGenome(space));
    const minimal = await first(minimalGenome(space));
    if (search) {
      const request = {
        kind: search.algorithm,
        space,
        options: { seed, evaluations: search.evaluations, preset: search.preset, population: search.population },
        maximalMacs: maximal.objectives[0]!,
        known: [heuristic, maximal, minimal],
      };
      let proposed = 0;
      await run.search(request, {
        evaluate: async (genomes, generation) => {
          const results: Evaluation[] = [];
          for (const genome of genomes) {
            results.push(await scorer.score(genome, generation));
            progress(run, 'search', ++proposed);
          }
          return results;
        },
        onGeneration: (index, hypervolume) => run.emit({ type: 'generation', index, hypervolume }),
      });
    }
    const scored = [...scorer.scored.values()];
    const best = mostAccurate(scored)!;
    const rule = { reference: -heuristic.objectives[1]!, tolerance: search?.tolerance ?? 0, strict: search?.preset === 'published' };
    return { scored, heuristic, maximal, minimal, best, chosen: chooseSubNetwork(scored, rule) ?? best };
  } finally {
    scorer.dispose();
  }
}
