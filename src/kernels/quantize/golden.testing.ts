/** The reference data of `../shared/golden-methods/int4-rtn.json` against any backend. */
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../backends/backend.ts';
import { decodeArray, hasShared, readSharedJson, type EncodedArray } from '../../lib/golden.testing.ts';
import { quantizeOn } from './run.testing.ts';

interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly W: EncodedArray;
    readonly results: readonly {
      readonly group_size: number;
      readonly sym: boolean;
      readonly scales: EncodedArray;
      readonly zeros: EncodedArray;
      readonly codes: EncodedArray;
      readonly near_tie: EncodedArray;
    }[];
  }[];
}

const file = 'golden-methods/int4-rtn.json';

/** Registers the tests, on the backend that `open` gives. Codes and grids are equal to the last bit, ties included. */
export function roundingGoldens(open: () => Promise<Backend>): void {
  describe.skipIf(!hasShared(file))('round-to-nearest, as AutoGPTQ computes it', () => {
    if (!hasShared(file)) return;
    const { cases } = readSharedJson<Golden>(file);

    describe.each(cases)('$name', ({ W, results }) => {
      it.each(results)('groups of $group_size, symmetric: $sym', async (expected) => {
        const [rows, columns] = W.shape as [number, number];
        const values = Float32Array.from(decodeArray(W));
        const group = expected.group_size < 0 ? 2 ** Math.ceil(Math.log2(columns)) : expected.group_size;
        const kind = { symmetric: expected.sym, rule: 'published' } as const;
        const { codes, grid } = await quantizeOn(await open(), { rows, columns, values }, group, kind);
        const zeros = decodeArray(expected.zeros);
        const pairs = [...decodeArray(expected.scales)].flatMap((delta, i) => [delta, zeros[i]!]);
        expect([...grid]).toEqual(pairs);
        expect([...codes]).toEqual([...decodeArray(expected.codes)]);
      });
    });
  });
}
