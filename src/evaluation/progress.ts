import type { Candidate } from './batch-scorer.ts';
import type { Tally } from './tally.ts';

/** The order in which a set is scored, the same for every sub-network. */
export interface Schedule {
  /** Examples of each portion. */
  readonly portions: readonly (readonly number[])[];
  /** Sequences of each lane, in that order. */
  readonly orders: readonly (readonly number[])[];
  /** By lane: how many of its sequences belong to the portions up to each. */
  readonly ends: readonly (readonly number[])[];
}

/** How far a sub-network is. */
export class Progress {
  readonly candidate: Candidate;
  /** Where its shared hidden states are. */
  readonly slot: number;
  readonly tally: Tally;
  readonly #schedule: Schedule;
  /** Sequences of each lane that were queued. */
  readonly #queued: number[];
  #decided = 0;
  #stopped = false;

  constructor(candidate: Candidate, slot: number, tally: Tally, schedule: Schedule) {
    this.candidate = candidate;
    this.slot = slot;
    this.tally = tally;
    this.#schedule = schedule;
    this.#queued = schedule.orders.map(() => 0);
  }

  get over(): boolean {
    return this.#stopped || this.#decided === this.#schedule.portions.length;
  }

  /** The first lane that has to run before anything can be decided; null: none. */
  get wantedLane(): number | null {
    if (this.over) return null;
    const { portions, ends } = this.#schedule;
    const goal = this.candidate.isHopeless ? this.#decided : portions.length - 1;
    const lane = ends.findIndex((end, index) => this.#queued[index]! < end[goal]!);
    return lane === -1 ? null : lane;
  }

  /** The portion of a lane's next sequence; infinite where there is none. */
  portionOf(lane: number): number {
    if (this.over) return Infinity;
    const portion = this.#schedule.ends[lane]!.findIndex((end) => end > this.#queued[lane]!);
    return portion === -1 ? Infinity : portion;
  }

  /** A lane's next sequence. */
  peek(lane: number): number | undefined {
    return this.#schedule.orders[lane]![this.#queued[lane]!];
  }

  advance(lane: number): void {
    this.#queued[lane]!++;
  }

  /** Counts the portions whose results are all there, one after the other, until one is enough. */
  decide(): void {
    const { portions, ends } = this.#schedule;
    while (!this.over && ends.every((end, lane) => this.#queued[lane]! >= end[this.#decided]!)) {
      this.tally.count(portions[this.#decided++]!);
      const whole = this.#decided === portions.length;
      if (!whole && this.candidate.isHopeless?.(this.tally.best())) this.#stopped = true;
    }
  }
}
