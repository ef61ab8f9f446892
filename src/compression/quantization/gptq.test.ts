import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { Random } from '../../lib/random.ts';
import { factorInverse } from './cholesky.ts';
import { gptqGoldens } from './golden.testing.ts';
import { inverseHessianFactor } from './hessian.ts';
import { compensateOn, keptWeights, outputError, roundOn, type Layer } from './layer.testing.ts';

const backend = new CpuBackend();
gptqGoldens(() => Promise.resolve(backend));

const carryOn = () => Promise.resolve();

/** Inputs that go together: each is a mixture of a few sources, and some noise. */
function correlated(seed: number, columns: number, masked: boolean): Layer {
  const random = new Random(seed);
  const [rows, tokens, sources] = [12, 96, 12];
  const mixture = Float64Array.from({ length: sources * columns }, () => random.normal());
  const inputs = new Float32Array(tokens * columns);
  for (let token = 0; token < tokens; token++) {
    const z = Array.from({ length: sources }, () => random.normal());
    for (let c = 0; c < columns; c++)
      inputs[token * columns + c] =
        z.reduce((sum, v, s) => sum + v * mixture[s * columns + c]!, 0) + 0.3 * random.normal();
  }
  const weight = Float32Array.from({ length: rows * columns }, () => random.normal());
  const mask = Uint32Array.from({ length: rows * Math.ceil(columns / 32) }, () => random.next() * 2 ** 32);
  return { rows, columns, weight, inputs, sequences: 2, ...(masked ? { mask } : {}) };
}

const settings = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  columns: fc.constantFrom(64, 100, 160),
  group: fc.constantFrom(32, 64, 128),
  symmetric: fc.boolean(),
  rule: fc.constantFrom('exact' as const, 'plain' as const, 'published' as const),
  masked: fc.boolean(),
  damping: fc.constantFrom(0.01, 0.1),
});

describe('GPTQ', () => {
  it('is nearer to the output than round-to-nearest; masked weights are exactly zero', async () => {
    await fc.assert(
      fc.asyncProperty(settings, async ({ seed, columns, masked, ...options }) => {
        const layer = correlated(seed, columns, masked);
        const found = await compensateOn(backend, layer, options);
        keptWeights(layer).forEach((kept, i) => {
          if (!kept) expect(found.values[i]).toBe(0);
        });
        const rounded = await roundOn(backend, layer, options);
        expect(outputError(layer, found.values)).toBeLessThanOrEqual(outputError(layer, rounded.values));
      }),
      { numRuns: 60 },
    );
  });

  it('is round-to-nearest where inputs have nothing to do with each other', async () => {
    const columns = 64;
    const inputs = new Float32Array(columns * columns);
    for (let i = 0; i < columns; i++) inputs[i * columns + i] = 1 + (i % 5);
    const layer = { ...correlated(5, columns, true), inputs, sequences: 1 };
    const options = { group: 32, symmetric: false, rule: 'exact', damping: 0.01 } as const;
    const found = await compensateOn(backend, layer, options);
    const rounded = await roundOn(backend, layer, options);
    expect(found.grid).toEqual(rounded.grid);
    expect(found.codes).toEqual(rounded.codes);
  });

  it('gives inputs that were always zero the weight zero, and lets the others be', async () => {
    const { inputs, columns, ...layer } = correlated(7, 64, false);
    const quiet = inputs.map((x, i) => (i % columns === 9 ? 0 : x));
    const options = { group: 32, symmetric: false, rule: 'exact', damping: 0.01 } as const;
    const found = await compensateOn(backend, { ...layer, columns, inputs: quiet }, options);
    for (let row = 0; row < layer.rows; row++) expect(found.values[row * columns + 9]).toBe(0);
  });
});

describe('the factor of the inverse', () => {
  it.each([1, 2, 31, 33, 65, 98])('of %i columns: H·Uᵀ·U is the identity', async (n) => {
    const random = new Random(n);
    const factors = Array.from({ length: n }, () => Array.from({ length: n }, () => random.normal()));
    const h = (i: number, j: number) =>
      factors.reduce((sum, row) => sum + row[i]! * row[j]!, 0) / n + (i === j ? 0.1 : 0);
    const rows = Array.from({ length: n }, (_, i) =>
      Float64Array.from({ length: n - i }, (_unused, j) => h(i, i + j)),
    );
    expect(await factorInverse(rows, carryOn)).toBe(true);
    const inverse = (i: number, j: number) => {
      let sum = 0;
      for (let k = 0; k <= Math.min(i, j); k++) sum += rows[k]![i - k]! * rows[k]![j - k]!;
      return sum;
    };
    const columns = Array.from({ length: n }, (_, j) =>
      Array.from({ length: n }, (_unused, i) => inverse(i, j)),
    );
    for (let i = 0; i < n; i += 5) {
      const row = Array.from({ length: n }, (_, k) => h(i, k));
      for (let j = 0; j < n; j += 3) {
        const found = row.reduce((sum, value, k) => sum + value * columns[j]![k]!, 0);
        expect(Math.abs(found - Number(i === j))).toBeLessThan(1e-9);
      }
    }
  });

  it('of a singular Hessian without damping damps it', async () => {
    const sums = new Float32Array(16).fill(1);
    const [first] = await inverseHessianFactor(sums, 4, 2, 0, carryOn);
    expect(first!.every(Number.isFinite)).toBe(true);
  });

  it('of activations that are not numbers is refused', async () => {
    const sums = new Float32Array(16).fill(NaN);
    await expect(inverseHessianFactor(sums, 4, 2, 0.01, carryOn)).rejects.toMatchObject({
      code: 'calibration-not-finite',
    });
  });
});
