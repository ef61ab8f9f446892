import { expect, test } from 'vitest';
import { batchSize } from './made-up.ts';

const budget = 2 ** 30;

test('a small model is measured on 8 × 128 tokens, a large one on fewer, never more than the budget', () => {
  expect(batchSize(130_000, 512, budget)).toEqual({ sequences: 8, length: 128 });
  for (const parameters of [1e6, 5e6, 25e6]) {
    const { sequences, length } = batchSize(parameters, 2048, budget);
    expect(sequences * length * parameters).toBeLessThanOrEqual(budget);
    expect(sequences * length).toBeGreaterThanOrEqual(16);
  }
});

test('however large the model, there is a batch; it fits the model’s positions, in fours', () => {
  expect(batchSize(1e12, 2048, budget)).toEqual({ sequences: 1, length: 16 });
  expect(batchSize(130_000, 30, budget).length).toBe(28);
});
