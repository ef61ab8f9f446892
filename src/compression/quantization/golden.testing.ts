/** The reference data of `../shared/golden-methods/int4-gptq.json` against any backend. */
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../backends/backend.ts';
import { decodeArray, hasShared, readSharedJson, type EncodedArray } from '../../lib/golden.testing.ts';
import { compensateOn, outputError, type Layer } from './layer.testing.ts';

interface Case {
  readonly name: string;
  readonly percdamp: number;
  readonly W: EncodedArray;
  readonly X?: EncodedArray;
  readonly X_from_case?: string;
  readonly results: readonly {
    readonly group_size: number;
    readonly sym: boolean;
    readonly scales: EncodedArray;
    readonly zeros: EncodedArray;
    readonly codes: EncodedArray;
    readonly exact: boolean;
    readonly relative_output_error_gptq: number;
  }[];
}

const file = 'golden-methods/int4-gptq.json';
const reals = (array: EncodedArray) => Float32Array.from(decodeArray(array));

/** Registers the tests, on the backend that `open` gives. */
export function gptqGoldens(open: () => Promise<Backend>): void {
  describe.skipIf(!hasShared(file))('GPTQ, as AutoGPTQ computes it', () => {
    if (!hasShared(file)) return;
    const { cases } = readSharedJson<{ cases: readonly Case[] }>(file);

    describe.each(cases)('$name', ({ W, X, X_from_case, percdamp, results }) => {
      const inputs = X ?? cases.find(({ name }) => name === X_from_case)!.X!;
      const [rows, columns] = W.shape as [number, number];
      const layer: Layer = {
        rows,
        columns,
        weight: reals(W),
        inputs: reals(inputs),
        sequences: inputs.shape[0]!,
      };

      it.each(results)('groups of $group_size, symmetric: $sym, exact: $exact', async (expected) => {
        const group = expected.group_size < 0 ? 2 ** Math.ceil(Math.log2(columns)) : expected.group_size;
        const found = await compensateOn(await open(), layer, {
          group,
          symmetric: expected.sym,
          rule: 'published',
          damping: percdamp,
        });
        const codes = decodeArray(expected.codes);
        const equal = found.codes.filter((code, i) => code === codes[i]).length / codes.length;
        expect(equal).toBeGreaterThanOrEqual(expected.exact ? 1 : 0.99);
        const error = outputError(layer, found.values) / expected.relative_output_error_gptq;
        expect(Math.abs(error - 1)).toBeLessThan(expected.exact ? 1e-4 : 0.01);
        expectGrid(found.grid, expected.scales, expected.zeros);
      });
    });
  });
}

/** Later groups are read from weights that float32 sums have updated. */
function expectGrid(grid: Float32Array, scales: EncodedArray, zeros: EncodedArray): void {
  const [deltas, points] = [decodeArray(scales), decodeArray(zeros)];
  const near = deltas.filter((delta, i) => Math.abs(grid[2 * i]! - delta) <= 2e-3 * delta).length;
  const same = points.filter((zero, i) => grid[2 * i + 1] === zero).length;
  expect(near / deltas.length).toBeGreaterThanOrEqual(0.98);
  expect(same / points.length).toBeGreaterThanOrEqual(0.98);
}
