import { z } from 'zod';
import type { Candidate, Outcome } from '../../evaluation/batch-scorer.ts';
import type { Scorer } from '../../evaluation/scorer.ts';
import type { Runnable } from '../../models/runnable.ts';
import { shortfall } from '../../search/choose.ts';
import { isHopeless } from '../../search/hopeless.ts';
import { wholeOnes, type Evaluation } from '../../search/searcher.ts';
import { genomeKey, networkKey, type ElasticSpace, type Genome } from '../../search/space.ts';
import type { PointTag } from '../../session/events.ts';
import { scoreOf, type RunContext } from '../run-context.ts';
import { limitsOfGenome, macsOf, searchScorer } from './score.ts';

/** An `Evaluation` without its genome, which the step is named after. */
const outcomeSchema = z.strictObject({
  objectives: z.array(z.number()).min(2).max(3),
  violation: z.number().min(0).optional(),
  unfinished: z.strictObject({ seen: z.int().min(0), of: z.int().min(1) }).optional(),
});
type Recorded = z.infer<typeof outcomeSchema>;

/** What a search wants to know of a genome beside its MACs and its score. */
export interface ScoringTerms {
  /** A third objective, to be minimised: parameters, bytes or measured milliseconds. Called once a network. */
  readonly third?: ((genome: Genome) => Promise<number>) | undefined;
  /** Sub-networks that score less are infeasible. */
  readonly least?: number | undefined;
  /** Whether those that others dominate already, however well they score, may be left unfinished. */
  readonly stopEarly: boolean;
}

/** All that is known of a network before it is scored, as what its score makes of it. */
type Known = (score: number) => Pick<Recorded, 'objectives' | 'violation'>;

/** Scores genomes on the validation split, each network once, and logs every new genome. */
export class GenomeScorer {
  readonly scored = new Map<string, Evaluation>();
  readonly #run: RunContext;
  readonly #elastic: ElasticSpace;
  readonly #scorer: Scorer;
  readonly #terms: ScoringTerms;
  /** What came out for each network, by what tells networks apart: genomes of the same one share all of it. */
  readonly #networks = new Map<string, Recorded>();

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
    return this.#once(genome, 0, tag, async () => this.#measure([genome], null));
  }

  /**
   * Scores the genomes of a generation, to be asked for one by one. They are scored some at a time; which of them stay
   * unfinished depends on what was known before the generation only.
   */
  generation(genomes: readonly Genome[], index: number): (genome: Genome) => Promise<Evaluation> {
    const whole = this.#terms.stopEarly ? wholeOnes([...this.scored.values()]) : null;
    return async (genome) =>
      this.scored.get(genomeKey(genome)) ??
      this.#once(genome, index, null, () => this.#measure([genome, ...genomes], whole));
  }

  /** Logs a genome, after `measure` where its network is not known; from the journal, where it was logged before. */
  async #once(
    genome: Genome,
    generation: number,
    tag: PointTag | null,
    measure: () => Promise<void>,
  ): Promise<Evaluation> {
    const network = networkKey(this.#elastic, genome);
    const step = { key: `score ${genomeKey(genome)}`, schema: outcomeSchema };
    const recorded = await this.#run.journal.once(step, async () => {
      if (!this.#networks.has(network)) await measure();
      const found = this.#networks.get(network)!;
      this.#log({ genome, ...present(found) }, generation, tag);
      return found;
    });
    this.#networks.set(network, recorded);
    const evaluation = { genome, ...present(recorded) };
    this.scored.set(genomeKey(genome), evaluation);
    await this.#run.control.checkpoint();
    return evaluation;
  }

  /** Scores the first few networks of these that are not known. `whole`: null where all are scored to the end. */
  async #measure(genomes: readonly Genome[], whole: readonly Evaluation[] | null): Promise<void> {
    const fresh = [...this.#freshOf(genomes)].slice(0, this.#scorer.group);
    const known: Known[] = [];
    for (const [, genome] of fresh) {
      known.push(await this.#knownOf(genome));
      // What is measured on the device takes a while.
      if (this.#terms.third) await this.#run.control.checkpoint();
    }
    const candidates = fresh.map(([, genome], i) => this.#candidateOf(genome, known[i]!, whole));
    const outcomes = await this.#scorer.score(candidates, this.#run.control.checkpoint);
    fresh.forEach(([network], i) => this.#networks.set(network, this.#recordOf(outcomes[i]!, known[i]!)));
  }

  /** The networks among these that are not known, each with a genome of its own. */
  #freshOf(genomes: readonly Genome[]): Map<string, Genome> {
    const fresh = new Map<string, Genome>();
    for (const genome of genomes) {
      const network = networkKey(this.#elastic, genome);
      if (!this.#networks.has(network) && !fresh.has(network)) fresh.set(network, genome);
    }
    return fresh;
  }

  async #knownOf(genome: Genome): Promise<Known> {
    const { third, least } = this.#terms;
    const macs = macsOf(this.#run.model, this.#elastic, genome);
    const further = third ? [await third(genome)] : [];
    return (score) => ({
      objectives: [macs, -score, ...further],
      ...(least === undefined ? {} : { violation: shortfall(score, least) }),
    });
  }

  #candidateOf(genome: Genome, known: Known, whole: readonly Evaluation[] | null): Candidate {
    const { recipe } = this.#run;
    return {
      limits: limitsOfGenome(this.#elastic, genome),
      isHopeless: whole ? (best) => isHopeless(known(scoreOf(recipe, best)), whole) : undefined,
    };
  }

  #recordOf({ scores, seen }: Outcome, known: Known): Recorded {
    const { recipe, data } = this.#run;
    const of = data.validation.examples.length;
    return { ...known(scoreOf(recipe, scores)), ...(seen < of ? { unfinished: { seen, of } } : {}) };
  }

  #log(evaluation: Evaluation, generation: number, tag: PointTag | null): Evaluation {
    const { genome, objectives, ...others } = evaluation;
    const [macs, loss, third] = objectives as [number, number, number?];
    this.#run.emit({
      type: 'evaluated',
      genome: [...genome],
      tag,
      macs,
      score: -loss,
      generation,
      ...(third === undefined ? {} : { third }),
      ...others,
    });
    return evaluation;
  }

  dispose(): void {
    this.#scorer.dispose();
  }
}

/** Without what a record says is not there. */
function present({ objectives, violation, unfinished }: Recorded): Omit<Evaluation, 'genome'> {
  return {
    objectives,
    ...(violation === undefined ? {} : { violation }),
    ...(unfinished === undefined ? {} : { unfinished }),
  };
}
