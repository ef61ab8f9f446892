import { z } from 'zod';
import type { Scores } from '../../evaluation/evaluator.ts';
import { scoreWhole, type ScoredSet, type Scorer } from '../../evaluation/scorer.ts';
import { costOf } from '../../evaluation/cost.ts';
import type { Runnable } from '../../models/runnable.ts';
import { shortfall } from '../../search/choose.ts';
import { limitsOf } from '../../search/plan.ts';
import { isHopeless } from '../../search/hopeless.ts';
import { wholeOnes, type Evaluation } from '../../search/searcher.ts';
import { sharedBlocks } from '../../search/shared-blocks.ts';
import { genomeKey, networkKey, subNetworkOf, type ElasticSpace, type Genome } from '../../search/space.ts';
import type { PointTag } from '../../session/events.ts';
import { scoreOf, scorerOf, type RunContext } from '../run-context.ts';

const scoredSchema = z.strictObject({ macs: z.number().min(0), score: z.number() });
export type ScoredModel = Readonly<z.infer<typeof scoredSchema>>;

/** An `Evaluation` without its genome, which the step is named after. */
const outcomeSchema = z.strictObject({
  objectives: z.array(z.number()).min(2).max(3),
  violation: z.number().min(0).optional(),
  unfinished: z.strictObject({ seen: z.int().min(0), of: z.int().min(1) }).optional(),
});
type Recorded = z.infer<typeof outcomeSchema>;

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
const limitsOfGenome = (elastic: ElasticSpace, genome: Genome): readonly number[] =>
  elastic.space.groups.length > 0 ? limitsOf(elastic, genome) : [];

const macsOf = ({ structure }: RunContext['model'], elastic: ElasticSpace, genome: Genome): number =>
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
  const blocks = sharedBlocks(elastic, model.config.layers, budgetOf(recipe));
  return scorerOf(run, model, data.validation, isSearched ? { sharedBlocks: blocks } : undefined);
}

/** What a search wants to know of a genome beside its MACs and its score. */
export interface ScoringTerms {
  /** A third objective, to be minimised: parameters, bytes or measured milliseconds. Called once a genome. */
  readonly third?: ((genome: Genome) => Promise<number>) | undefined;
  /** Sub-networks that score less are infeasible. */
  readonly least?: number | undefined;
  /** Whether those that others dominate already, however well they score, may be left unfinished. */
  readonly stopEarly: boolean;
}

/** Scores genomes on the validation split, each network once, and logs every new genome. */
export class GenomeScorer {
  readonly scored = new Map<string, Evaluation>();
  readonly #run: RunContext;
  readonly #elastic: ElasticSpace;
  readonly #scorer: Scorer;
  readonly #terms: ScoringTerms;
  /** The first evaluation of each network, by what tells networks apart. */
  readonly #networks = new Map<string, Evaluation>();

  static async create(
    run: RunContext,
    model: Runnable,
    elastic: ElasticSpace,
    terms: ScoringTerms,
  ): Promise<GenomeScorer> {
    return new GenomeScorer(run, elastic, await searchScorer(run, model, elastic), terms);
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

  /** A reference, whole. One that is known is not scored again, but logged once more under its tag. */
  async reference(genome: Genome, tag: PointTag): Promise<Evaluation> {
    const known = this.scored.get(genomeKey(genome));
    if (known) return this.#log(known, 0, tag);
    return this.#once(genome, 0, tag, async () => (await this.#measure([genome], null))[0]!);
  }

  /**
   * Scores the genomes of a generation, to be asked for in this order. They are scored some at a time; which of them stay
   * unfinished depends on what was known before the generation only.
   */
  generation(genomes: readonly Genome[], index: number): (genome: Genome) => Promise<Evaluation> {
    const whole = this.#terms.stopEarly ? wholeOnes([...this.scored.values()]) : null;
    const ready = new Map<string, Recorded>();
    return async (genome) => {
      const key = genomeKey(genome);
      const known = this.scored.get(key);
      if (known) return known;
      return this.#once(genome, index, null, async () => {
        if (!ready.has(key)) {
          const begin = genomes.findIndex((each) => genomeKey(each) === key);
          const group = genomes.slice(begin, begin + this.#scorer.group);
          const results = await this.#measure(group, whole);
          group.forEach((each, i) => ready.set(genomeKey(each), results[i]!));
        }
        return ready.get(key)!;
      });
    };
  }

  async #once(
    genome: Genome,
    generation: number,
    tag: PointTag | null,
    measure: () => Promise<Recorded>,
  ): Promise<Evaluation> {
    const step = { key: `score ${genomeKey(genome)}`, schema: outcomeSchema };
    const recorded = await this.#run.journal.once(step, async () => {
      const found = await measure();
      this.#log(evaluationOf(genome, found), generation, tag);
      return found;
    });
    const evaluation = evaluationOf(genome, recorded);
    this.scored.set(genomeKey(genome), evaluation);
    const network = networkKey(this.#elastic, genome);
    if (!this.#networks.has(network)) this.#networks.set(network, evaluation);
    await this.#run.control.checkpoint();
    return evaluation;
  }

  /** Scores of genomes together; the same network only once. `whole`: null where all are scored to the end. */
  async #measure(genomes: readonly Genome[], whole: readonly Evaluation[] | null): Promise<Recorded[]> {
    const { recipe, control, data } = this.#run;
    const terms: ((score: number) => Pick<Recorded, 'objectives' | 'violation'>)[] = [];
    for (const genome of genomes) terms.push(await this.#termsOf(genome));
    const keys = genomes.map((genome) => networkKey(this.#elastic, genome));
    const fresh = [...keys.keys()].filter(
      (i) => !this.#networks.has(keys[i]!) && keys.indexOf(keys[i]!) === i,
    );
    const candidates = fresh.map((i) => ({
      limits: limitsOfGenome(this.#elastic, genomes[i]!),
      isHopeless: whole ? (best: Scores) => isHopeless(terms[i]!(scoreOf(recipe, best)), whole) : undefined,
    }));
    const outcomes = await this.#scorer.score(candidates, control.checkpoint);
    const of = data.validation.examples.length;
    return keys.map((key, i) => {
      const twin = this.#networks.get(key);
      if (twin)
        return {
          ...terms[i]!(-twin.objectives[1]!),
          ...(twin.unfinished ? { unfinished: twin.unfinished } : {}),
        };
      const { scores, seen } = outcomes[fresh.indexOf(keys.indexOf(key))]!;
      return {
        ...terms[i]!(scoreOf(recipe, scores)),
        ...(seen < of ? { unfinished: { seen, of } } : {}),
      };
    });
  }

  /** All that is known of a genome before it is scored, as what its score makes of it. */
  async #termsOf(genome: Genome): Promise<(score: number) => Pick<Recorded, 'objectives' | 'violation'>> {
    const { third, least } = this.#terms;
    const macs = macsOf(this.#run.model, this.#elastic, genome);
    const further = third ? [await third(genome)] : [];
    return (score) => ({
      objectives: [macs, -score, ...further],
      ...(least === undefined ? {} : { violation: shortfall(score, least) }),
    });
  }

  #log(evaluation: Evaluation, generation: number, tag: PointTag | null): Evaluation {
    const { genome, objectives, violation, unfinished } = evaluation;
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
      ...(unfinished === undefined ? {} : { unfinished }),
    });
    return evaluation;
  }

  dispose(): void {
    this.#scorer.dispose();
  }
}

function evaluationOf(genome: Genome, { objectives, violation, unfinished }: Recorded): Evaluation {
  return {
    genome,
    objectives,
    ...(violation === undefined ? {} : { violation }),
    ...(unfinished === undefined ? {} : { unfinished }),
  };
}
