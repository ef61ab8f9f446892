import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../lib/random.ts';
import { batchShape, EpochOrder, evaluationBatches, makeBatch } from './batches.ts';
import type { Example } from './data.ts';

const example = (ids: number[], answerStart: number): Example => ({
  ids,
  answerStart,
  prompt: '',
  answer: '',
});
const three = [example([1, 5, 6, 7, 2], 3), example([1, 8, 2], 1), example([1, 9, 9, 2], 3)];

describe('makeBatch', () => {
  it('lays out ids, rows, targets and whose they are', () => {
    const shape = batchShape(three, 2, 'answer');
    expect(shape).toEqual({ batch: 2, length: 8, capacity: 4, loss: 'answer' });
    const batch = makeBatch(three, [0, 1], shape);
    expect([...batch.ids]).toEqual([1, 5, 6, 7, 2, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0, 0]);
    expect([...batch.rows]).toEqual([2, 3, 8, 9]);
    expect([...batch.targets]).toEqual([7, 2, 8, 2]);
    expect([...batch.exampleOfRow]).toEqual([0, 0, 1, 1]);
    expect([[...batch.lengths], [...batch.indices], batch.examples]).toEqual([[5, 3], [0, 1], 2]);
  });

  it('predicts the prompt as well when asked to', () => {
    const batch = makeBatch(three, [2], batchShape(three, 2, 'all'));
    expect([...batch.rows]).toEqual([0, 1, 2, -1, -1, -1, -1, -1]);
    expect([...batch.targets]).toEqual([9, 9, 2, -1, -1, -1, -1, -1]);
    expect([[...batch.lengths], [...batch.indices], batch.examples]).toEqual([[4, 0], [2, -1], 1]);
  });

  it('holds every batch that training and evaluation make, with each target the token after its row', () => {
    const examples = fc
      .array(fc.tuple(fc.integer({ min: 2, max: 9 }), fc.nat()), { minLength: 1, maxLength: 20 })
      .map((sizes) =>
        sizes.map(([length, start]) =>
          example(
            Array.from({ length }, (_, i) => i + 1),
            1 + (start % (length - 1)),
          ),
        ),
      );
    fc.assert(
      fc.property(
        examples,
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom('answer', 'all'),
        fc.nat(),
        (list, size, loss, seed) => {
          const shape = batchShape(list, size, loss);
          const order = new EpochOrder(list.length, size, new Random(seed));
          const training = Array.from({ length: 12 }, (_, step) =>
            makeBatch(list, order.indices(step), shape),
          );
          for (const batch of [...training, ...evaluationBatches(list, shape)]) {
            for (const [i, row] of batch.rows.entries()) {
              const target = batch.targets[i];
              if (row === -1) expect([target, batch.exampleOfRow[i]]).toEqual([-1, -1]);
              else
                expect([batch.ids[row + 1], Math.floor(row / batch.length)]).toEqual([
                  target,
                  batch.exampleOfRow[i],
                ]);
            }
          }
        },
      ),
    );
  });
});

describe('evaluationBatches', () => {
  it('gives every example once, in order', () => {
    const batches = [...evaluationBatches(three, batchShape(three, 2, 'answer'))];
    expect(batches.map(({ indices, examples }) => [[...indices], examples])).toEqual([
      [[0, 1], 2],
      [[2, -1], 1],
    ]);
  });
});

describe('EpochOrder', () => {
  it('uses whole batches of a new shuffle each epoch', () => {
    const order = new EpochOrder(7, 3, new Random(1));
    const epochs = [0, 1, 2].map((epoch) => [...order.indices(2 * epoch), ...order.indices(2 * epoch + 1)]);
    for (const epoch of epochs) expect(new Set(epoch).size).toBe(6);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(new Set(epochs.flat()).size).toBe(7);
  });

  it('goes on from any step, whatever was asked before, and follows the seed', () => {
    const random = new Random(5);
    const state = random.state();
    const order = new EpochOrder(10, 4, random);
    const steps = Array.from({ length: 9 }, (_, step) => order.indices(step));
    expect(random.state()).toEqual(state);
    expect(new EpochOrder(10, 4, new Random(5)).indices(8)).toEqual(steps[8]);
    expect(order.indices(3)).toEqual(steps[3]);
    expect(new EpochOrder(10, 4, new Random(6)).indices(0)).not.toEqual(steps[0]);
  });

  it('goes through a small data set several times a batch', () => {
    const indices = new EpochOrder(2, 5, new Random(1)).indices(0);
    expect(indices.length).toBe(5);
    const counts = [0, 1].map((which) => indices.filter((index) => index === which).length);
    expect(Math.max(...counts)).toBe(3);
    expect(Math.min(...counts)).toBe(2);
  });
});
