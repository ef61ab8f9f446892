import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeArray,
  decodeBytes,
  hasShared,
  readSharedJson,
  type EncodedArray,
} from '../lib/golden.testing.ts';
import { packNibbles, unpackNibbles } from '../lib/nibbles.ts';
import { dequantize, isBlockType } from './ggml-blocks.ts';
import { fitsQ4_1, hasGrid, packQ4_1, unpackInt4 } from './ggml-int4.ts';
import { ggmlForms, type GgmlType } from './ggml-types.ts';
import type { StoredInt4 } from './model-folder.ts';

const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

/** Two blocks of random bytes of each type, and what gguf-py 0.19.0 (`gguf.quants.dequantize`) makes of them. */
const golden = JSON.parse(
  readFileSync(new URL('fixtures/ggml-blocks.json', import.meta.url), 'utf8'),
) as Record<string, { blocks: string; floats: string }>;

describe('blocks of ggml', () => {
  it.each((Object.keys(ggmlForms) as GgmlType[]).filter(isBlockType))('%s as gguf-py reads them', (type) => {
    const { blocks, floats } = golden[type]!;
    const expected = new Float32Array(fromBase64(floats).buffer);
    expect(dequantize(type, fromBase64(blocks))).toEqual(expected);
  });
});

interface PackedLayer {
  name: string;
  out_features: number;
  in_features: number;
  group_size: number;
  groups: number;
  codes: EncodedArray;
  zeros: EncodedArray;
  scales_f16: EncodedArray;
  gguf_q4_1: { bytes: EncodedArray; dequantized_f32: EncodedArray };
  gguf_q4_0?: { bytes: EncodedArray };
}

const floatsOf = (array: EncodedArray) => new Float32Array(decodeBytes(array).buffer);

const packing = 'golden-methods/packing.json';

describe.skipIf(!hasShared(packing))('INT4 modules and ggml', () => {
  const { layers, ggml_quantizer: quantized } = hasShared(packing)
    ? readSharedJson<{
        layers: PackedLayer[];
        ggml_quantizer: { type: string; bytes: EncodedArray; dequantized: EncodedArray }[];
      }>(packing)
    : { layers: [], ggml_quantizer: [] };

  const int4Of = (layer: PackedLayer): StoredInt4 => {
    const scales = decodeArray(layer.scales_f16);
    const zeros = decodeArray(layer.zeros);
    return {
      shape: [layer.out_features, layer.in_features],
      group: layer.group_size,
      groups: layer.groups,
      codes: packNibbles(decodeArray(layer.codes), layer.in_features),
      grid: Float32Array.from({ length: 2 * zeros.length }, (_, i) => (i % 2 ? zeros : scales)[i >> 1]!),
    };
  };

  it.each(layers)('$name: the same Q4_1 bytes as ggml', (layer) => {
    const bytes = packQ4_1(int4Of(layer));
    expect(bytes).toEqual(decodeBytes(layer.gguf_q4_1.bytes));
    expect(dequantize('Q4_1', bytes)).toEqual(floatsOf(layer.gguf_q4_1.dequantized_f32));
  });

  it.each(layers.filter((layer) => layer.gguf_q4_0))('$name: Q4_0 bytes as codes', (layer) => {
    const bytes = decodeBytes(layer.gguf_q4_0!.bytes);
    expect(hasGrid('Q4_0', bytes)).toBe(true);
    const { codes } = unpackInt4('Q4_0', bytes, [layer.out_features, layer.in_features]);
    expect(codes).toEqual(int4Of(layer).codes);
  });

  it.each(quantized)(
    '$type of ggml itself: codes where it is a grid',
    ({ type, bytes: encoded, dequantized }) => {
      const bytes = decodeBytes(encoded);
      const kind = type.toUpperCase() as 'Q4_0' | 'Q4_1';
      const values = floatsOf(dequantized);
      expect(dequantize(kind, bytes)).toEqual(values);
      expect(hasGrid(kind, bytes)).toBe(kind === 'Q4_0');
      if (kind === 'Q4_0')
        expect(weightsOf(unpackInt4(kind, bytes, [1, values.length]))).toEqual(values.map(plusZero));
    },
  );
});

const plusZero = (value: number) => value + 0;

/** δ · (q − z). */
function weightsOf({ shape: [out, inputs], group, groups, codes, grid }: StoredInt4): Float32Array {
  const cell = (i: number) =>
    2 * (Math.floor(i / inputs) * groups + Math.floor((i % inputs) / (group ?? inputs)));
  const numbers = unpackNibbles(codes, inputs);
  return Float32Array.from(
    { length: out * inputs },
    (_, i) => grid[cell(i)]! * (numbers[i]! - grid[cell(i) + 1]!) + 0,
  );
}

/** δ of at most 7 bits, z in 1…15: Pare's exact grid. */
const exactModule = fc
  .record({
    rows: fc.integer({ min: 1, max: 4 }),
    blocks: fc.integer({ min: 1, max: 6 }),
    wide: fc.boolean(),
  })
  .chain(({ rows, blocks, wide }) => {
    const groups = wide ? Math.ceil(blocks / 4) : blocks;
    const cells = { minLength: rows * groups, maxLength: rows * groups };
    return fc.record({
      shape: fc.constant([rows, blocks * 32] as [number, number]),
      group: fc.constant(wide ? 128 : 32),
      groups: fc.constant(groups),
      codes: fc.uint8Array({ minLength: rows * blocks * 16, maxLength: rows * blocks * 16 }),
      scales: fc.array(fc.integer({ min: 64, max: 127 }), cells),
      zeros: fc.array(fc.integer({ min: 1, max: 15 }), cells),
    });
  });

describe('the exact grid', () => {
  it('comes back from Q4_1 as it was, whatever the rows’ order', () => {
    fc.assert(
      fc.property(exactModule, ({ scales, zeros, ...module }) => {
        const grid = Float32Array.from(scales.flatMap((scale, i) => [scale * 2 ** -14, zeros[i]!]));
        const stored: StoredInt4 = { ...module, codes: new Uint8Array(module.codes), grid };
        expect(fitsQ4_1(grid)).toBe(true);
        const turned = (row: number) => stored.shape[0] - 1 - row;
        const bytes = packQ4_1(stored, turned);
        expect(hasGrid('Q4_1', bytes)).toBe(true);
        const back = unpackInt4('Q4_1', bytes, stored.shape, turned);
        expect(back.codes).toEqual(stored.codes);
        expect(weightsOf(back)).toEqual(weightsOf(stored));
      }),
    );
  });

  it('is what fits: more bits of δ, or of δ·z, do not', () => {
    expect(fitsQ4_1(new Float32Array([127 / 4096, 15]))).toBe(true);
    expect(fitsQ4_1(new Float32Array([2049 / 4096, 8]))).toBe(false);
    expect(fitsQ4_1(new Float32Array([255 / 4096, 15]))).toBe(false);
  });

  it('reads blocks of zeros, and refuses those without a grid', () => {
    const zeros = new Uint8Array(20).fill(0x35, 4);
    expect(weightsOf(unpackInt4('Q4_1', zeros, [1, 32]))).toEqual(new Float32Array(32));
    const infinite = new Uint8Array(20);
    new DataView(infinite.buffer).setUint16(0, 0x7c00, true);
    expect(hasGrid('Q4_1', infinite)).toBe(false);
  });
});
