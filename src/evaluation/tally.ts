import type { Example } from '../datasets/data.ts';
import { assert } from '../lib/assert.ts';
import { bestOption } from './choice.ts';
import type { Scores } from './evaluator.ts';
import type { Sequence } from './sequences.ts';

/** What is asked of a forward pass (METHODS §12). */
export type ForwardTask = 'exact' | 'choice' | 'perplexity';

/** What is scored: the examples, and every sequence that is run for them. */
export interface Scored {
  readonly examples: readonly Example[];
  readonly sequences: readonly Sequence[];
  readonly task: ForwardTask;
}

/** Losses are never negative, but for the rounding of their kernel. */
const lossSlack = 1e-6;

/** The scores of one sub-network, from the results of its rows in whatever order they come. */
export class Tally {
  readonly #scored: Scored;
  readonly #index: SequenceIndex;
  readonly #losses: Float32Array;
  readonly #hits: Uint8Array;
  #seen = 0;
  #right = 0;
  #normalised = 0;
  #loss = 0;

  constructor(scored: Scored) {
    this.#scored = scored;
    this.#index = indexOf(scored.sequences);
    this.#losses = new Float32Array(this.#index.rows);
    this.#hits = new Uint8Array(this.#index.rows);
  }

  /** The results of a sequence: row `begin` of these and those that follow. */
  add(sequence: number, losses: Float32Array, hits: Float32Array, begin: number): void {
    const from = this.#index.firstRow[sequence]!;
    const count = this.rowsOf(sequence);
    for (let row = 0; row < count; row++) {
      this.#losses[from + row] = losses[begin + row]!;
      this.#hits[from + row] = hits[begin + row] === 1 ? 1 : 0;
    }
  }

  /** Counts examples all of whose sequences have been added. */
  count(examples: readonly number[]): void {
    for (const example of examples) {
      const { right, normalised } = this.#judge(example);
      this.#right += right ? 1 : 0;
      this.#normalised += normalised ? 1 : 0;
      for (const sequence of this.#index.ofExample[example]!)
        this.#loss += Math.max(0, this.#lossOf(sequence));
    }
    this.#seen += examples.length;
  }

  /** Predicted tokens of a sequence. */
  rowsOf(sequence: number): number {
    return this.#scored.sequences[sequence]!.targets.length;
  }

  get seen(): number {
    return this.#seen;
  }

  /** What the sub-network scores at best: exactly what it does score where every example was counted. */
  best(): Scores {
    const { examples, sequences, task } = this.#scored;
    const count = examples.length;
    const unseen = count - this.#seen;
    const least = this.#loss - lossSlack * this.#index.rows;
    const loss = unseen > 0 ? least : sequences.reduce((sum, _, index) => this.#lossOf(index, sum), 0);
    return {
      accuracy: (this.#right + unseen) / count,
      ...(task === 'choice' ? { normalised: (this.#normalised + unseen) / count } : {}),
      perplexity: Math.exp(loss / this.#index.rows),
      examples: count,
      tokens: this.#index.rows,
    };
  }

  #judge(example: number): { right: boolean; normalised: boolean } {
    const { examples, sequences, task } = this.#scored;
    const own = this.#index.ofExample[example]!;
    if (task !== 'choice') {
      const right = own.every((sequence) => this.#isExact(sequence));
      return { right, normalised: right };
    }
    const { correct } = examples[example]!;
    assert(own.length > 0, 'a choice has options');
    const likelihoods = own.map((sequence) => -this.#lossOf(sequence));
    const perCharacter = likelihoods.map((value, i) => value / sequences[own[i]!]!.characters);
    return { right: bestOption(likelihoods) === correct, normalised: bestOption(perCharacter) === correct };
  }

  #isExact(sequence: number): boolean {
    const from = this.#index.firstRow[sequence]!;
    const count = this.rowsOf(sequence);
    return this.#hits.subarray(from, from + count).every((hit) => hit === 1);
  }

  /** The sequence's losses, one by one, on top of `sum`. */
  #lossOf(sequence: number, sum = 0): number {
    const from = this.#index.firstRow[sequence]!;
    const count = this.rowsOf(sequence);
    let total = sum;
    for (let row = from; row < from + count; row++) total += this.#losses[row]!;
    return total;
  }
}

interface SequenceIndex {
  readonly firstRow: readonly number[];
  readonly rows: number;
  readonly ofExample: readonly (readonly number[])[];
}

const indexes = new WeakMap<readonly Sequence[], SequenceIndex>();

function indexOf(sequences: readonly Sequence[]): SequenceIndex {
  const known = indexes.get(sequences);
  if (known) return known;
  const firstRow: number[] = [];
  const ofExample: number[][] = [];
  let rows = 0;
  sequences.forEach(({ targets, example }, index) => {
    firstRow.push(rows);
    rows += targets.length;
    (ofExample[example] ??= []).push(index);
  });
  const found = { firstRow, rows, ofExample };
  indexes.set(sequences, found);
  return found;
}
