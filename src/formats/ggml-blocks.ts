/**
 * Blocks of ggml's quantized types as float32. Each value is computed in the order in which ggml's C does it, rounded
 * after every operation, so that both read a file as the same numbers, bit for bit.
 * (ggml-org/llama.cpp, `ggml/src/ggml-quants.c`, `dequantize_row_*`.)
 */
import { assert } from '../lib/assert.ts';
import { f16ToF32 } from '../lib/half.ts';
import { ggmlForms, type GgmlType } from './ggml-types.ts';

/** Writes the elements of the block at `at` to `out` from `to` on. */
type BlockReader = (blocks: DataView, at: number, out: Float32Array, to: number) => void;

const { fround } = Math;
const half = (blocks: DataView, at: number) => f16ToF32(blocks.getUint16(at, true));

/** y = d·(q − 8), or d·q + m; the first half of a block is in the low nibbles, the second in the high ones. */
const q4_0: BlockReader = (blocks, at, out, to) => {
  const d = half(blocks, at);
  for (let j = 0; j < 16; j++) {
    const byte = blocks.getUint8(at + 2 + j);
    out[to + j] = d * ((byte & 15) - 8);
    out[to + 16 + j] = d * ((byte >> 4) - 8);
  }
};

const q4_1: BlockReader = (blocks, at, out, to) => {
  const [d, m] = [half(blocks, at), half(blocks, at + 2)];
  for (let j = 0; j < 16; j++) {
    const byte = blocks.getUint8(at + 4 + j);
    out[to + j] = fround(d * (byte & 15)) + m;
    out[to + 16 + j] = fround(d * (byte >> 4)) + m;
  }
};

/** As Q4, with the fifth bits of all 32 in a word of their own. */
const q5_0: BlockReader = (blocks, at, out, to) => {
  const d = half(blocks, at);
  const high = blocks.getUint32(at + 2, true);
  for (let j = 0; j < 16; j++) {
    const byte = blocks.getUint8(at + 6 + j);
    out[to + j] = d * (((byte & 15) | (((high >>> j) & 1) << 4)) - 16);
    out[to + 16 + j] = d * (((byte >> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16);
  }
};

const q5_1: BlockReader = (blocks, at, out, to) => {
  const [d, m] = [half(blocks, at), half(blocks, at + 2)];
  const high = blocks.getUint32(at + 4, true);
  for (let j = 0; j < 16; j++) {
    const byte = blocks.getUint8(at + 8 + j);
    out[to + j] = fround(d * ((byte & 15) | (((high >>> j) & 1) << 4))) + m;
    out[to + 16 + j] = fround(d * ((byte >> 4) | (((high >>> (j + 16)) & 1) << 4))) + m;
  }
};

const q8_0: BlockReader = (blocks, at, out, to) => {
  const d = half(blocks, at);
  for (let j = 0; j < 32; j++) out[to + j] = d * blocks.getInt8(at + 2 + j);
};

/** Six-bit scale and minimum of group `j` of eight, out of the twelve bytes at `at`. */
function scaleAndMin(blocks: DataView, at: number, j: number): [scale: number, min: number] {
  const byte = (index: number) => blocks.getUint8(at + index);
  if (j < 4) return [byte(j) & 63, byte(j + 4) & 63];
  return [(byte(j + 4) & 15) | ((byte(j - 4) >> 6) << 4), (byte(j + 4) >> 4) | ((byte(j) >> 6) << 4)];
}

/** Eight groups of 32: y = (d·scale)·q − (dmin·min). Each 32 bytes hold two groups, low nibbles first. */
function qK(blocks: DataView, at: number, out: Float32Array, to: number, fifth: number | null): void {
  const [d, dmin] = [half(blocks, at), half(blocks, at + 2)];
  const nibbles = at + 16 + (fifth === null ? 0 : 32);
  for (let group = 0; group < 8; group++) {
    const [scale, min] = scaleAndMin(blocks, at + 4, group);
    const [step, low] = [fround(d * scale), fround(dmin * min)];
    const from = nibbles + 32 * (group >> 1);
    for (let j = 0; j < 32; j++) {
      const nibble = (blocks.getUint8(from + j) >> (4 * (group & 1))) & 15;
      const high = fifth === null ? 0 : ((blocks.getUint8(fifth + j) >> group) & 1) << 4;
      out[to + 32 * group + j] = fround(step * (nibble | high)) - low;
    }
  }
}

/** 128 bytes of low nibbles, 64 of the two high bits, 16 signed scales, d: y = (d·scale)·(q − 32), groups of 16. */
const q6_K: BlockReader = (blocks, at, out, to) => {
  const d = half(blocks, at + 208);
  for (let j = 0; j < 256; j++) {
    const [part, quarter, index] = [j >> 7, (j >> 5) & 3, j & 31];
    const low = blocks.getUint8(at + 64 * part + 32 * (quarter & 1) + index) >> (4 * (quarter >> 1));
    const high = blocks.getUint8(at + 128 + 32 * part + index) >> (2 * quarter);
    const scale = blocks.getInt8(at + 192 + (j >> 4));
    out[to + j] = fround(d * scale) * (((low & 15) | ((high & 3) << 4)) - 32);
  }
};

const readers = {
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q4_K: (blocks, at, out, to) => qK(blocks, at, out, to, null),
  Q5_K: (blocks, at, out, to) => qK(blocks, at, out, to, at + 16),
  Q6_K: q6_K,
} satisfies Partial<Record<GgmlType, BlockReader>>;

export type BlockType = keyof typeof readers;

export const isBlockType = (type: GgmlType): type is BlockType => Object.hasOwn(readers, type);

/** Whole blocks as float32. */
export function dequantize(type: BlockType, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const { block, bytes: stride } = ggmlForms[type];
  assert(bytes.byteLength % stride === 0, `${bytes.byteLength} bytes are no whole ${type} blocks`);
  const read = readers[type];
  const blocks = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array((bytes.byteLength / stride) * block);
  for (let at = 0, to = 0; at < bytes.byteLength; at += stride, to += block) read(blocks, at, out, to);
  return out;
}
