import { Evaluator, type Scores } from '../../evaluation/evaluator.ts';
import { costOf } from '../../evaluation/cost.ts';
import type { Runnable } from '../../models/runnable.ts';
import { limitsOf } from '../../search/plan.ts';
import { genomeKey, subNetworkOf, type ElasticSpace, type Genome } from '../../search/space.ts';
import type { Evaluation } from '../../search/searcher.ts';
import type { PointTag } from '../../session/events.ts';
import { scoreOf, type Batches, type RunContext } from '../run-context.ts';

export interface ScoredModel {
  readonly macs: number;
  readonly score: number;
}

/** Scores one model on the validation split, outside of any search space, and logs the point. */
export async function scoreReference(
  run: RunContext,
  model: Runnable,
  tag: PointTag,
  macs: number,
): Promise<ScoredModel> {
  const scores = await scoreOnce(run, model, run.data.validation);
  const score = scoreOf(run.recipe, scores);
  run.emit({ type: 'evaluated', genome: null, tag, macs, score, generation: 0 });
  return { macs, score };
}

export async function scoreOnce(run: RunContext, model: Runnable, batches: Batches): Promise<Scores> {
  const evaluator = await Evaluator.create(model, run.data.evaluationShape, batches.length);
  try {
    return await evaluator.score(batches, model.limits, run.control.checkpoint);
  } finally {
    evaluator.dispose();
  }
}

/** Scores genomes on the validation split, each once, and logs every new one. */
export class GenomeScorer {
  readonly scored = new Map<string, Evaluation>();
  readonly #run: RunContext;
  readonly #elastic: ElasticSpace;
  readonly #evaluator: Evaluator;

  static async create(run: RunContext, model: Runnable, elastic: ElasticSpace): Promise<GenomeScorer> {
    return new GenomeScorer(
      run,
      elastic,
      await Evaluator.create(model, run.data.evaluationShape, run.data.validation.length),
    );
  }

  private constructor(run: RunContext, elastic: ElasticSpace, evaluator: Evaluator) {
    this.#run = run;
    this.#elastic = elastic;
    this.#evaluator = evaluator;
  }

  /** A genome that is known is not scored again; under a new tag it is logged once more. */
  async score(genome: Genome, generation: number, tag: PointTag | null = null): Promise<Evaluation> {
    const key = genomeKey(genome);
    const known = this.scored.get(key);
    if (known && tag === null) return known;
    if (known) return this.#log(known, generation, tag);
    const { recipe, data, control, model } = this.#run;
    const scores = await this.#evaluator.score(
      data.validation,
      limitsOf(this.#elastic, genome),
      control.checkpoint,
    );
    const score = scoreOf(recipe, scores);
    const macs = costOf(model.structure, subNetworkOf(this.#elastic, genome)).macsPerToken;
    const evaluation = { genome, objectives: [macs, -score] };
    this.scored.set(key, evaluation);
    this.#log(evaluation, generation, tag);
    await control.checkpoint();
    return evaluation;
  }

  #log(evaluation: Evaluation, generation: number, tag: PointTag | null): Evaluation {
    const [macs, loss] = evaluation.objectives as [number, number];
    this.#run.emit({
      type: 'evaluated',
      genome: [...evaluation.genome],
      tag,
      macs,
      score: -loss,
      generation,
    });
    return evaluation;
  }

  dispose(): void {
    this.#evaluator.dispose();
  }
}
