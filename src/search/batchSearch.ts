import { assert } from '../lib/assert.ts';
import { Random } from '../lib/random.ts';
import type { Evaluation, RankedEvaluation, SearchKind, SearchState, Searcher } from './searcher.ts';
import { type Genome, genomeKey } from './space.ts';

/** Everything scored so far, by genome. */
export type Scored = ReadonlyMap<string, Evaluation>;

/**
 * What distinguishes one search method from another. All of its randomness comes from the generator it is
 * handed, and all of its memory is in `members`, so that saving a search is saving these two.
 */
export interface Strategy {
  readonly kind: SearchKind;
  members: readonly RankedEvaluation[];
  /** Up to `room` genomes to score next; none when there is nothing left to try. */
  propose(room: number, scored: Scored, random: Random): Genome[];
  /** The proposed batch in the same order, all scored. */
  absorb(batch: readonly Evaluation[], scored: Scored, random: Random): void;
}

/** Runs a strategy: budget, cache (each genome is scored once), partial results, saving. */
export class BatchSearch implements Searcher {
  readonly #strategy: Strategy;
  readonly #budget: number;
  readonly #random: Random;
  readonly #scored = new Map<string, Evaluation>();
  #batch: readonly Genome[] | null = null;
  #generation = 0;
  #evaluations = 0;

  /** `budget`: evaluations, in the sense of `SearchState.evaluations`. `state`: continue where it was taken. */
  constructor(strategy: Strategy, options: { seed: number; budget: number }, state?: SearchState) {
    this.#strategy = strategy;
    this.#budget = options.budget;
    this.#random = state ? Random.restore(state.random) : new Random(options.seed);
    if (!state) return;
    assert(state.kind === strategy.kind, `a ${state.kind} state cannot continue a ${strategy.kind} search`);
    for (const evaluation of state.scored) this.#scored.set(genomeKey(evaluation.genome), evaluation);
    this.#batch = state.batch;
    this.#generation = state.generation;
    this.#evaluations = state.evaluations;
    strategy.members = state.members;
  }

  get scored(): readonly Evaluation[] {
    return [...this.#scored.values()];
  }

  get generation(): number {
    return this.#generation;
  }

  ask(): Genome[] | null {
    for (;;) {
      this.#batch ??= this.#propose();
      if (this.#batch.length === 0) {
        this.#batch = null;
        return null;
      }
      const missing = this.#missing();
      if (missing.length > 0) return missing;
      this.#finishBatch(); // every genome of the batch was scored before
    }
  }

  tell(results: readonly Evaluation[]): void {
    const missing = new Set(this.#missing().map(genomeKey));
    for (const result of results) {
      const key = genomeKey(result.genome);
      assert(missing.delete(key), `genome ${key} was not asked for, or is told twice`);
      const finite = result.objectives.length > 0 && result.objectives.every(Number.isFinite);
      assert(finite, `the objectives of genome ${key} must be finite: ${result.objectives.join(', ')}`);
      this.#scored.set(key, result);
    }
    if (missing.size === 0) this.#finishBatch();
  }

  state(): SearchState {
    return {
      version: 1,
      kind: this.#strategy.kind,
      random: this.#random.state(),
      generation: this.#generation,
      evaluations: this.#evaluations,
      scored: this.scored,
      batch: this.#batch,
      members: this.#strategy.members,
    };
  }

  #propose(): readonly Genome[] {
    const room = this.#budget - this.#evaluations;
    const batch = room > 0 ? this.#strategy.propose(room, this.#scored, this.#random) : [];
    assert(batch.length <= Math.max(0, room), 'a strategy proposed more than the budget allows');
    this.#evaluations += batch.length;
    return batch;
  }

  /** The batch's genomes without a score, each once. */
  #missing(): Genome[] {
    const byKey = new Map((this.#batch ?? []).map((genome) => [genomeKey(genome), genome]));
    return [...byKey].filter(([key]) => !this.#scored.has(key)).map(([, genome]) => genome);
  }

  #finishBatch(): void {
    if (!this.#batch) return;
    const evaluations = this.#batch.map((genome) => this.#scored.get(genomeKey(genome)) as Evaluation);
    this.#strategy.absorb(evaluations, this.#scored, this.#random);
    this.#batch = null;
    this.#generation += 1;
  }
}
