import { assert } from '../../lib/assert.ts';
import type { Runnable } from '../../models/runnable.ts';
import { chooseSubNetwork, leastViolated, mostAccurate, type ChoiceRule } from '../../search/choose.ts';
import type { SearchRequest } from '../../search/run.ts';
import type { Evaluation } from '../../search/searcher.ts';
import {
  heuristicGenome,
  maximalGenome,
  minimalGenome,
  type ElasticSpace,
  type Genome,
  type SearchSpace,
} from '../../search/space.ts';
import type { PointTag } from '../../session/events.ts';
import type { Recipe } from '../../session/recipe.ts';
import { emitMemory } from '../memory-use.ts';
import { beginStage, progress, type RunContext } from '../run-context.ts';
import { GenomeScorer, type ScoringTerms } from './genome-scorer.ts';
import { budgetOf } from './score.ts';

interface References {
  readonly heuristic: Evaluation;
  readonly maximal: Evaluation;
  readonly minimal: Evaluation;
}

export interface SearchOutcome extends References {
  readonly scored: readonly Evaluation[];
  /** The most accurate of the feasible ones; where there are none, the one that is nearest to it. */
  readonly best: Evaluation;
  /** By the rule of METHODS §9; `best` where none is within the tolerance. */
  readonly chosen: Evaluation;
  /** The score below which a sub-network is infeasible. */
  readonly least: number | undefined;
  /** The last generation. */
  readonly generation: number;
}

/** What the recipe knows and a search does not. */
export interface SearchTerms extends Pick<ScoringTerms, 'third'> {
  /** Plain LoRA's score on the validation split; needed where the recipe has `leastOfLora`. */
  readonly loraScore?: number | null | undefined;
}

/** Scores the three reference sub-networks, then searches on the recipe's budget. */
export async function searchSubNetworks(
  run: RunContext,
  model: Runnable,
  elastic: ElasticSpace,
  terms: SearchTerms = {},
): Promise<SearchOutcome> {
  const { search } = run.recipe;
  const least = leastScore(run.recipe, terms);
  const scoring = { third: terms.third, least, stopEarly: mayStopEarly(run.recipe) };
  const scorer = await GenomeScorer.create(run, model, elastic, scoring);
  try {
    beginStage(run, 'search', budgetOf(run.recipe));
    emitMemory(run, 'search', scorer.scratchBytes);
    const references = await scoreReferences(run, scorer, elastic.space);
    const { space } = elastic;
    const generation = search
      ? await runBudget(run, scorer, requestOf(space, search, run.recipe.seed, references))
      : 0;
    const scored = [...scorer.scored.values()];
    const best = (mostAccurate(scored) ?? leastViolated(scored))!;
    const chosen = chooseSubNetwork(scored, ruleOf(run.recipe, references.heuristic, least)) ?? best;
    return { ...references, scored, best, chosen, least, generation };
  } finally {
    scorer.dispose();
  }
}

/**
 * A search that hears at best of a sub-network what it cannot reach may rank it higher than it is. NSGA-II and chance live
 * with that: what dominates it is in the population, or was. A hill climb would move there, and the published search knew
 * every score.
 */
const mayStopEarly = ({ search }: Recipe): boolean =>
  search !== null && search.preset === 'pare' && search.algorithm !== 'hill-climb';

/** The score below which a sub-network is infeasible: the recipe's share of LoRA's. */
function leastScore({ search }: Recipe, { loraScore }: SearchTerms): ScoringTerms['least'] {
  const share = search?.leastOfLora ?? null;
  if (share === null) return undefined;
  assert(typeof loraScore === 'number', 'a search bounded by LoRA’s score needs that score');
  return share * loraScore;
}

async function scoreReferences(
  run: RunContext,
  scorer: GenomeScorer,
  space: SearchSpace,
): Promise<References> {
  const first = async (tag: PointTag, genome: Genome) => {
    const evaluation = await scorer.reference(genome, tag);
    progress(run, 'search', scorer.scored.size);
    return evaluation;
  };
  const heuristic = await first('heuristic', heuristicGenome(space));
  const maximal = await first('maximal', maximalGenome(space));
  const minimal = await first('minimal', minimalGenome(space));
  return { heuristic, maximal, minimal };
}

function requestOf(
  space: SearchSpace,
  { algorithm, evaluations, preset, population }: NonNullable<Recipe['search']>,
  seed: number,
  { heuristic, maximal, minimal }: References,
): SearchRequest {
  return {
    kind: algorithm,
    space,
    options: { seed, evaluations, preset, population },
    maximalMacs: maximal.objectives[0]!,
    known: [heuristic, maximal, minimal],
  };
}

/** Gives back the last generation. */
async function runBudget(run: RunContext, scorer: GenomeScorer, request: SearchRequest): Promise<number> {
  const total = budgetOf(run.recipe);
  let proposed = 0;
  let last = 0;
  await run.search(request, {
    evaluate: async (genomes, generation) => {
      last = generation;
      const score = scorer.generation(genomes, generation);
      const results: Evaluation[] = [];
      for (const genome of genomes) {
        results.push(await score(genome));
        progress(run, 'search', Math.min(total, Math.max(scorer.scored.size, ++proposed)));
      }
      return results;
    },
    onGeneration: (index, hypervolume) => run.emit({ type: 'generation', index, hypervolume }),
  });
  return last;
}

/**
 * Least MACs within the tolerance of the heuristic sub-network; with a bound on LoRA's score, least MACs among what keeps
 * it. Accuracy may fall by the tolerance; perplexity (score 1/perplexity) may rise by that share of itself.
 */
function ruleOf(
  { task, search }: Recipe,
  { objectives }: Evaluation,
  least: ScoringTerms['least'],
): ChoiceRule {
  if (least !== undefined) return { reference: least, tolerance: 0 };
  const reference = -objectives[1]!;
  const share = search?.tolerance ?? 0;
  const tolerance = task === 'perplexity' ? reference - reference / (1 + share) : share;
  return { reference, tolerance, strict: search?.preset === 'published' };
}
