/**
 * Examples → batches of one fixed shape, so that a graph is built once for a data set. B sequences of T positions; the
 * positions whose next token is predicted are listed in P rows, the same number in every batch.
 */
import { assert } from '../lib/assert.ts';
import { Random } from '../lib/random.ts';
import type { Example } from './data.ts';

export interface Batch {
  readonly batch: number;
  readonly length: number;
  /** [B·T] token ids, 0 where a sequence has ended. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** [P] flat positions b·T + t whose next token is predicted, −1 where there are no more. */
  readonly rows: Int32Array<ArrayBuffer>;
  /** [P] the tokens to predict there, −1 where there are no more. */
  readonly targets: Int32Array<ArrayBuffer>;
  /** Sequences that hold an example; the others are empty. */
  readonly examples: number;
  /** [P] which of the B sequences each row is in, −1 where there are no more. */
  readonly exampleOfRow: Int32Array<ArrayBuffer>;
  /** [B] tokens of each sequence. */
  readonly lengths: Int32Array<ArrayBuffer>;
  /** [B] which example of the data set each sequence is, −1 for empty ones. */
  readonly indices: Int32Array<ArrayBuffer>;
}

/** What is predicted: the answer only, or every token after the first. */
export type LossSpan = 'answer' | 'all';

export interface BatchShape {
  readonly batch: number;
  readonly length: number;
  /** P: room for the B examples with the most rows. */
  readonly capacity: number;
  readonly loss: LossSpan;
}

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** The shape that holds any `batch` of these examples. Lengths and rows are multiples of 4. */
export function batchShape(examples: readonly Example[], batch: number, loss: LossSpan): BatchShape {
  assert(examples.length > 0 && batch > 0, 'a batch needs examples');
  const longest = examples.reduce((most, { ids }) => Math.max(most, ids.length), 0);
  const counts = examples.map((example) => predictedTokens(example, loss)).toSorted((a, b) => b - a);
  // An example is in a batch once, or as often as a data set smaller than a batch has to be gone through.
  const times = Math.ceil(batch / examples.length);
  const fullest = Array.from({ length: batch }, (_, i) => counts[Math.floor(i / times)] ?? 0);
  const capacity = fullest.reduce((sum, count) => sum + count, 0);
  return { batch, length: roundUp(longest, 4), capacity: roundUp(capacity, 4), loss };
}

/** Tokens of an example that are predicted. */
function predictedTokens(example: Example, loss: LossSpan): number {
  return example.ids.length - (loss === 'all' ? 1 : example.answerStart);
}

/** The examples with these indices (at most B) as one batch. */
export function makeBatch(
  examples: readonly Example[],
  indices: readonly number[],
  shape: BatchShape,
): Batch {
  const { batch, length, capacity, loss } = shape;
  assert(indices.length <= batch, `${indices.length} examples do not fit a batch of ${batch}`);
  const result: Batch = {
    batch,
    length,
    ids: new Int32Array(batch * length),
    rows: new Int32Array(capacity).fill(-1),
    targets: new Int32Array(capacity).fill(-1),
    examples: indices.length,
    exampleOfRow: new Int32Array(capacity).fill(-1),
    lengths: new Int32Array(batch),
    indices: new Int32Array(batch).fill(-1),
  };
  let row = 0;
  for (const [b, index] of indices.entries()) {
    const example = examples[index];
    assert(
      example && example.ids.length <= length,
      `example ${index} does not fit a batch of length ${length}`,
    );
    result.ids.set(example.ids, b * length);
    result.lengths[b] = example.ids.length;
    result.indices[b] = index;
    for (let t = loss === 'all' ? 1 : example.answerStart; t < example.ids.length; t++, row++) {
      assert(row < capacity, `the batch has more than ${capacity} rows`);
      result.rows[row] = b * length + t - 1;
      result.targets[row] = example.ids[t] as number;
      result.exampleOfRow[row] = b;
    }
  }
  return result;
}

/** All examples once, in order; the last batch may be partly empty. */
export function* evaluationBatches(examples: readonly Example[], shape: BatchShape): Generator<Batch, void> {
  for (let begin = 0; begin < examples.length; begin += shape.batch) {
    const count = Math.min(shape.batch, examples.length - begin);
    yield makeBatch(
      examples,
      Array.from({ length: count }, (_, i) => begin + i),
      shape,
    );
  }
}

/**
 * Which examples a training step sees. Every epoch is a shuffle of its own, of which whole batches are used (what is
 * left over differs each time); a data set smaller than a batch is gone through several times a step. A step can be
 * asked for directly, so an interrupted run goes on as if nothing had happened.
 */
export class EpochOrder {
  readonly #count: number;
  readonly #batch: number;
  readonly #random: Random;
  #latest: { epoch: number; order: number[] } | undefined;

  /** `random` is only split from, never advanced. */
  constructor(count: number, batch: number, random: Random) {
    assert(count > 0 && batch > 0, 'there is nothing to train on');
    this.#count = count;
    this.#batch = batch;
    this.#random = Random.restore(random.state());
  }

  /** The examples of a step, counted from 0. */
  indices(step: number): number[] {
    const perEpoch = Math.floor(this.#count / this.#batch);
    if (perEpoch > 0) {
      const begin = (step % perEpoch) * this.#batch;
      return this.#order(Math.floor(step / perEpoch)).slice(begin, begin + this.#batch);
    }
    const rounds = Math.ceil(this.#batch / this.#count);
    const orders = Array.from({ length: rounds }, (_, i) => this.#order(step * rounds + i));
    return orders.flat().slice(0, this.#batch);
  }

  #order(epoch: number): number[] {
    if (this.#latest?.epoch !== epoch) {
      this.#latest = { epoch, order: this.#random.split(`epoch ${epoch}`).permutation(this.#count) };
    }
    return this.#latest.order;
  }
}
