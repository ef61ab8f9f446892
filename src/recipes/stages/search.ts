import type { Runnable } from '../../models/runnable.ts';
import { chooseSubNetwork, mostAccurate } from '../../search/choose.ts';
import type { Evaluation } from '../../search/searcher.ts';
import {
  heuristicGenome,
  maximalGenome,
  minimalGenome,
  type ElasticSpace,
  type Genome,
} from '../../search/space.ts';
import type { PointTag } from '../../session/events.ts';
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
export async function searchSubNetworks(
  run: RunContext,
  model: Runnable,
  elastic: ElasticSpace,
): Promise<SearchOutcome> {
  const { space } = elastic;
  const { search, seed } = run.recipe;
  const scorer = await GenomeScorer.create(run, model, elastic);
  try {
    // The three reference sub-networks are (in Pare's preset) the search's own first ones.
    const total = Math.max(3, search?.evaluations ?? 0);
    beginStage(run, 'search', total);
    let proposed = 0;
    const first = async (tag: PointTag, genome: Genome) => {
      const evaluation = await scorer.score(genome, 0, tag);
      progress(run, 'search', scorer.scored.size);
      return evaluation;
    };
    const heuristic = await first('heuristic', heuristicGenome(space));
    const maximal = await first('maximal', maximalGenome(space));
    const minimal = await first('minimal', minimalGenome(space));
    if (search) {
      const request = {
        kind: search.algorithm,
        space,
        options: {
          seed,
          evaluations: search.evaluations,
          preset: search.preset,
          population: search.population,
        },
        maximalMacs: maximal.objectives[0]!,
        known: [heuristic, maximal, minimal],
      };
      await run.search(request, {
        evaluate: async (genomes, generation) => {
          const results: Evaluation[] = [];
          for (const genome of genomes) {
            results.push(await scorer.score(genome, generation));
            progress(run, 'search', Math.min(total, Math.max(scorer.scored.size, ++proposed)));
          }
          return results;
        },
        onGeneration: (index, hypervolume) => run.emit({ type: 'generation', index, hypervolume }),
      });
    }
    const scored = [...scorer.scored.values()];
    const best = mostAccurate(scored)!;
    const rule = { ...toleranceOf(run, -heuristic.objectives[1]!), strict: search?.preset === 'published' };
    return { scored, heuristic, maximal, minimal, best, chosen: chooseSubNetwork(scored, rule) ?? best };
  } finally {
    scorer.dispose();
  }
}

/** Accuracy may fall by the tolerance; perplexity (score 1/perplexity) may rise by that share of itself. */
function toleranceOf(
  { recipe: { task, search } }: RunContext,
  reference: number,
): { reference: number; tolerance: number } {
  const tolerance = search?.tolerance ?? 0;
  return { reference, tolerance: task === 'exact' ? tolerance : reference - reference / (1 + tolerance) };
}
