import { expect } from 'vitest';

/** Float noise between two programs that compute one thing in float32; golden/README.md calls it fair. */
export function expectClose(found: Float32Array, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++)
    worst = Math.max(worst, Math.abs(found[i]! - expected[i]!) - 2e-5 * Math.abs(expected[i]!));
  expect(worst).toBeLessThanOrEqual(1e-4);
}

export const argMax = (row: Float32Array): number => row.indexOf(Math.max(...row));

/** exp of the mean negative log likelihood of each token after the first. */
export function perplexity(ids: readonly number[], logits: readonly Float32Array[]): number {
  let sum = 0;
  for (let t = 1; t < ids.length; t++) {
    const row = logits[t - 1]!;
    const top = Math.max(...row);
    const total = row.reduce((all, logit) => all + Math.exp(logit - top), 0);
    sum += Math.log(total) + top - row[ids[t]!]!;
  }
  return Math.exp(sum / (ids.length - 1));
}
