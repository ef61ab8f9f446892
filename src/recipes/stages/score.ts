import { z } from 'zod';
import type { Scores } from '../../evaluation/evaluator.ts';
import { scoreWhole, type ScoredSet, type Scorer } from '../../evaluation/scorer.ts';
import { costOf } from '../../evaluation/cost.ts';
import type { Runnable } from '../../models/runnable.ts';
import { limitsOf } from '../../search/plan.ts';
import { sharedBlocks } from '../../search/shared-blocks.ts';
import { subNetworkOf, type ElasticSpace, type Genome } from '../../search/space.ts';
import type { PointTag } from '../../session/events.ts';
import { scoreOf, scorerOf, type RunContext } from '../run-context.ts';

const scoredSchema = z.strictObject({ macs: z.number().min(0), score: z.number() });
export type ScoredModel = Readonly<z.infer<typeof scoredSchema>>;

/** Scores one model on the validation split, outside of any search space, and logs the point. */
export function scoreReference(
  run: RunContext,
  model: Runnable,
  tag: PointTag,
  macs: number,
): Promise<ScoredModel> {
  return run.journal.once({ key: `score ${tag}`, schema: scoredSchema }, async () => {
    const scores = await scoreOnce(run, model, run.data.validation);
    const score = scoreOf(run.recipe, scores);
    run.emit({ type: 'evaluated', genome: null, tag, macs, score, generation: 0 });
    return { macs, score };
  });
}

export async function scoreOnce(run: RunContext, model: Runnable, set: ScoredSet): Promise<Scores> {
  const scorer = await scorerOf(run, model, set);
  try {
    return await scoreWhole(scorer, model.limits, run.control.checkpoint);
  } finally {
    scorer.dispose();
  }
}

/** One sub-network on the validation split, which `scorer` was set up for. */
export async function scoreGenome(
  { recipe, control, model }: Pick<RunContext, 'recipe' | 'control' | 'model'>,
  scorer: Scorer,
  elastic: ElasticSpace,
  genome: Genome,
): Promise<ScoredModel> {
  const score = scoreOf(
    recipe,
    await scoreWhole(scorer, limitsOfGenome(elastic, genome), control.checkpoint),
  );
  return { macs: macsOf(model, elastic, genome), score };
}

// Plain LoRA has no genes, and no limits either.
export const limitsOfGenome = (elastic: ElasticSpace, genome: Genome): readonly number[] =>
  elastic.space.groups.length > 0 ? limitsOf(elastic, genome) : [];

export const macsOf = ({ structure }: RunContext['model'], elastic: ElasticSpace, genome: Genome): number =>
  costOf(structure, subNetworkOf(elastic, genome)).macsPerToken;

/** Sub-networks that a search of this recipe scores; the three references are (in Pare's preset) its own first ones. */
export const budgetOf = ({ search }: RunContext['recipe']): number => Math.max(3, search?.evaluations ?? 0);

/**
 * What a search scores with, and whoever scores its sub-networks again: in other shapes, a GPU may take other kernels, and
 * the last bits of a score would be others.
 */
export function searchScorer(
  run: Pick<RunContext, 'recipe' | 'model' | 'data'>,
  model: Runnable,
  elastic: ElasticSpace,
): Promise<Scorer> {
  const { recipe, data } = run;
  // Plain LoRA is scored as references are.
  const isSearched = elastic.space.groups.length > 0;
  const shared = sharedBlocks(elastic, model.config.layers, budgetOf(recipe));
  return scorerOf(run, model, data.validation, isSearched ? shared : undefined);
}
