/**
 * Q4_0 and Q4_1 as INT4 modules and back: Ŵ = δ · (q − z), one δ and z for every 32 inputs.
 *
 * Q4_0 is d·(q − 8), so δ = d and z = 8; its d is negative where the block's extreme is positive (ggml's quantizer
 * puts that at −8), and then δ = −d, codes are 15 − q, and z = 7. Q4_1 is d·q + m, which is a grid where −m/d is an
 * integer 0…15: so it is for what Pare wrote (docs/decisions/0011-int4-as-codes-and-a-grid.md), and hardly ever else.
 */
import { assert } from '../lib/assert.ts';
import { f16ToF32, f32ToF16 } from '../lib/half.ts';
import { ggmlForms } from './ggml-types.ts';
import type { StoredInt4 } from './model-folder.ts';

export type Int4Type = 'Q4_0' | 'Q4_1';

export const int4Group = 32;

interface Grid {
  readonly scale: number;
  readonly zero: number;
  /** Codes are 15 − q. */
  readonly mirrored: boolean;
}

/** The grid of a block: d·(q − zero), or null where it has none. */
function gridOf(d: number, zero: number): Grid | null {
  if (!Number.isInteger(zero) || zero < 0 || zero > 15 || !Number.isFinite(15 * d)) return null;
  return d > 0 ? { scale: d, zero, mirrored: false } : { scale: -d, zero: 15 - zero, mirrored: true };
}

function readGrid(type: Int4Type, blocks: DataView, at: number): Grid | null {
  const d = f16ToF32(blocks.getUint16(at, true));
  const m = type === 'Q4_0' ? 0 : f16ToF32(blocks.getUint16(at + 2, true));
  // All weights are 0, whatever the codes are; `unpackInt4` makes them z.
  if (d === 0) return m === 0 ? { scale: 1, zero: 8, mirrored: false } : null;
  return gridOf(d, type === 'Q4_0' ? 8 : -m / d);
}

/** Whether every block (whole ones) has a grid. */
export function hasGrid(type: Int4Type, bytes: Uint8Array<ArrayBuffer>): boolean {
  const blocks = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stride = ggmlForms[type].bytes;
  for (let at = 0; at < bytes.byteLength; at += stride) if (!readGrid(type, blocks, at)) return false;
  return true;
}

/** Codes and grid of a tensor that `hasGrid`. `order`: the row of the file that each row [out] is. */
export function unpackInt4(
  type: Int4Type,
  bytes: Uint8Array<ArrayBuffer>,
  shape: readonly [out: number, inputs: number],
  order: (row: number) => number = (row) => row,
): StoredInt4 {
  const [out, inputs] = shape;
  const groups = inputs / int4Group;
  const stride = ggmlForms[type].bytes;
  const blocks = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const codes = new Uint8Array((out * inputs) / 2);
  const grid = new Float32Array(2 * out * groups);
  for (let index = 0; index < out * groups; index++) {
    const row = Math.floor(index / groups);
    const at = (order(row) * groups + (index % groups)) * stride;
    const found = readGrid(type, blocks, at);
    assert(found, `block ${index} has no grid`);
    grid.set([found.scale, found.zero], 2 * index);
    const isZero = f16ToF32(blocks.getUint16(at, true)) === 0;
    const nibbles = bytes.subarray(at + stride - 16, at + stride);
    interleave(nibbles, codes.subarray(16 * index, 16 * index + 16), found.mirrored);
    if (isZero) codes.fill(0x88, 16 * index, 16 * index + 16);
  }
  return { shape, group: int4Group, groups, codes, grid };
}

/** ggml has element j in the low nibble of byte j, and j + 16 in its high one; codes have two neighbours in a byte. */
function interleave(nibbles: Uint8Array, codes: Uint8Array, mirrored: boolean): void {
  const flip = mirrored ? 0xff : 0;
  for (let j = 0; j < 8; j++) {
    const [a, b] = [nibbles[2 * j]!, nibbles[2 * j + 1]!];
    codes[j] = ((a & 15) | ((b & 15) << 4)) ^ flip;
    codes[j + 8] = ((a >> 4) | (b & 0xf0)) ^ flip;
  }
}

const isHalf = (value: number) => f16ToF32(f32ToF16(value)) === value;

/** Whether Q4_1 holds a grid (pairs δ, z) as it is: δ and δ·z in half precision. */
export function fitsQ4_1(grid: Float32Array): boolean {
  for (let at = 0; at < grid.length; at += 2) {
    const [scale, zero] = [grid[at]!, grid[at + 1]!];
    // −δ·z may need more bits than a float32 has; then `fround` changes it, and so it is no half either.
    if (!isHalf(scale) || Math.fround(scale * zero) !== scale * zero || !isHalf(scale * zero)) return false;
  }
  return true;
}

/**
 * A module as Q4_1: d = δ, m = −δ·z, repeated for every 32 inputs of a wider group. `codes` as in `StoredInt4`; 32
 * divides the inputs and the group, or the group is the row. `order`: the row that each row of the file is.
 */
export function packQ4_1(
  { shape: [out, inputs], group, groups, codes, grid }: StoredInt4,
  order: (row: number) => number = (row) => row,
): Uint8Array<ArrayBuffer> {
  const blocks = inputs / int4Group;
  const stride = ggmlForms.Q4_1.bytes;
  const bytes = new Uint8Array(out * blocks * stride);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < out * blocks; index++) {
    const row = order(Math.floor(index / blocks));
    const block = index % blocks;
    const cell = 2 * (row * groups + Math.floor((block * int4Group) / (group ?? inputs)));
    const [scale, zero] = [grid[cell]!, grid[cell + 1]!];
    view.setUint16(stride * index, f32ToF16(scale), true);
    view.setUint16(stride * index + 2, f32ToF16(-scale * zero), true);
    const from = 16 * (row * blocks + block);
    separate(codes.subarray(from, from + 16), bytes.subarray(stride * index + 4, stride * (index + 1)));
  }
  return bytes;
}

/** The inverse of `interleave`. */
function separate(codes: Uint8Array, nibbles: Uint8Array): void {
  for (let j = 0; j < 8; j++) {
    const [low, high] = [codes[j]!, codes[j + 8]!];
    nibbles[2 * j] = (low & 15) | ((high & 15) << 4);
    nibbles[2 * j + 1] = (low >> 4) | (high & 0xf0);
  }
}
