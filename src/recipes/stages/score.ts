import { z } from 'zod';
import type { Scores } from '../../evaluation/evaluator.ts';
import type { ScoredSet, Scorer } from '../../evaluation/scorer.ts';
import { costOf } from '../../evaluation/cost.ts';
import type { Runnable } from '../../models/runnable.ts';
import { shortfall } from '../../search/choose.ts';
import { limitsOf } from '../../search/plan.ts';
import { genomeKey, subNetworkOf, type ElasticSpace, type Genome } from '../../search/space.ts';
import type { Evaluation } from '../../search/searcher.ts';
import type { PointTag } from '../../session/events.ts';
import { scoreOf, scorerOf, type RunContext } from '../run-context.ts';

const scoredSchema = z.strictObject({ macs: z.number().min(0), score: z.number() });
export type ScoredModel = Readonly<z.infer<typeof scoredSchema>>;

/** An `Evaluation` without its genome, which the step is named after. */
const outcomeSchema = z.strictObject({
  objectives: z.array(z.number()).min(2).max(3),
  violation: z.number().min(0).optional(),
});

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
    return await scorer.score(model.limits, run.control.checkpoint);
  } finally {
    scorer.dispose();
  }
}

/** What a search wants to know of a genome beside its MACs and its score. */
export interface ScoringTerms {
  /** A third objective, to be minimised: parameters, bytes or measured milliseconds. Called once a genome. */
  readonly third?: ((genome: Genome) => Promise<number>) | undefined;
  /** Sub-networks that score less are infeasible. */
  readonly least?: number | undefined;
}

/** One sub-network on the validation split, which `scorer` was set up for. */
export async function scoreGenome(
  { recipe, control, model }: Pick<RunContext, 'recipe' | 'control' | 'model'>,
  scorer: Scorer,
  elastic: ElasticSpace,
  genome: Genome,
): Promise<ScoredModel> {
  // Plain LoRA has no genes, and no limits either.
  const limits = elastic.space.groups.length > 0 ? limitsOf(elastic, genome) : [];
  const score = scoreOf(recipe, await scorer.score(limits, control.checkpoint));
  const macs = costOf(model.structure, subNetworkOf(elastic, genome)).macsPerToken;
  return { macs, score };
}

/** Scores genomes on the validation split, each once, and logs every new one. */
export class GenomeScorer {
  readonly scored = new Map<string, Evaluation>();
  readonly #run: RunContext;
  readonly #elastic: ElasticSpace;
  readonly #scorer: Scorer;
  readonly #terms: ScoringTerms;

  static async create(
    run: RunContext,
    model: Runnable,
    elastic: ElasticSpace,
    terms: ScoringTerms = {},
  ): Promise<GenomeScorer> {
    return new GenomeScorer(run, elastic, await scorerOf(run, model, run.data.validation), terms);
  }

  private constructor(run: RunContext, elastic: ElasticSpace, scorer: Scorer, terms: ScoringTerms) {
    this.#run = run;
    this.#elastic = elastic;
    this.#scorer = scorer;
    this.#terms = terms;
  }

  /** Working memory on the device, in bytes. */
  get scratchBytes(): number {
    return this.#scorer.scratchBytes;
  }

  /** A genome that is known is not scored again; under a new tag it is logged once more. */
  async score(genome: Genome, generation: number, tag: PointTag | null = null): Promise<Evaluation> {
    const key = genomeKey(genome);
    const known = this.scored.get(key);
    if (known && tag === null) return known;
    if (known) return this.#log(known, generation, tag);
    const step = { key: `score ${key}`, schema: outcomeSchema };
    const outcome = await this.#run.journal.once(step, async () => {
      const { genome: _, ...found } = this.#log(await this.#evaluate(genome), generation, tag);
      return { ...found, objectives: [...found.objectives] };
    });
    const { violation } = outcome;
    const evaluation = {
      genome,
      objectives: outcome.objectives,
      ...(violation === undefined ? {} : { violation }),
    };
    this.scored.set(key, evaluation);
    await this.#run.control.checkpoint();
    return evaluation;
  }

  async #evaluate(genome: Genome): Promise<Evaluation> {
    const { third, least } = this.#terms;
    const { macs, score } = await scoreGenome(this.#run, this.#scorer, this.#elastic, genome);
    const objectives = third ? [macs, -score, await third(genome)] : [macs, -score];
    return least === undefined
      ? { genome, objectives }
      : { genome, objectives, violation: shortfall(score, least) };
  }

  #log(evaluation: Evaluation, generation: number, tag: PointTag | null): Evaluation {
    const { genome, objectives, violation } = evaluation;
    const [macs, loss, third] = objectives as [number, number, number?];
    this.#run.emit({
      type: 'evaluated',
      genome: [...genome],
      tag,
      macs,
      score: -loss,
      generation,
      ...(third === undefined ? {} : { third }),
      ...(violation === undefined ? {} : { violation }),
    });
    return evaluation;
  }

  dispose(): void {
    this.#scorer.dispose();
  }
}
