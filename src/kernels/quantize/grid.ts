import { int4Code } from '../int4-code.ts';

/**
 * How a group of weights becomes δ and z (METHODS §6), lo = min(0, min w), hi = max(0, max w):
 * - `plain`: δ = (hi − lo)/15, z = round(−lo/δ); symmetric δ = 2·max|w|/15, z = 8; an all-zero group has δ = 1, z = 8.
 * - `published`: AutoGPTQ's quantizer, oddities included: an all-zero group has the range −1…1, and a symmetric group
 *   without negative weights is not mirrored (δ = hi/15, all above 7δ clips).
 * - `exact`: δ of 7 significant bits in half precision's normal range, so that δ·(q − z) needs 11 bits at most, and
 *   f16 and f32 hold the same number; z in 1…15, which every format can write.
 * Source of `published`: AutoGPTQ auto_gptq/quantization/quantizer.py, `Quantizer.find_params`.
 */
export type GridRule = 'exact' | 'plain' | 'published';

export interface GridKind {
  readonly symmetric: boolean;
  readonly rule: GridRule;
}

/** The rules as `shaders/int4_grid.wgsl` numbers them. */
export const ruleNumber = (rule: GridRule) => ['exact', 'plain', 'published'].indexOf(rule);

/** Groups of a narrower range count as all zero: neither δ nor a quotient by it ever leaves the normal numbers. */
const empty = 2 ** -100;
/** Half precision's least normal number, and the largest δ of 7 bits whose fifteenfold half precision still holds. */
const least = 2 ** -14;
const most = 4352;

const word = new Uint32Array(1);
const real = new Float32Array(word.buffer);

/** (δ, z) of a group whose weights are between lo ≤ 0 and hi ≥ 0 (float32). Twin: `shaders/int4_grid.wgsl`. */
export function groupGrid(low: number, high: number, kind: GridKind): [delta: number, zero: number] {
  const published = kind.rule === 'published';
  const isEmpty = Math.fround(high - low) < empty;
  if (isEmpty && !published) return [1, 8];
  const [lo, hi] = isEmpty ? [-1, 1] : [low, high];
  const raw = Math.fround(span(lo, hi, kind) / 15);
  return kind.rule === 'exact' ? exactGrid(lo, hi, raw, kind) : [raw, zeroPoint(lo, raw, kind)];
}

function span(lo: number, hi: number, { symmetric, rule }: GridKind): number {
  if (!symmetric) return Math.fround(hi - lo);
  const furthest = Math.max(-lo, hi);
  return rule === 'published' && lo === 0 ? furthest : 2 * furthest;
}

function zeroPoint(lo: number, delta: number, { symmetric }: GridKind): number {
  return symmetric ? 8 : int4Code(-lo, delta, 0);
}

/**
 * δ rounds to the nearest number of 7 bits, or to the next one where an end would then be more than half a step
 * outside; where z would be 0 it becomes 1, and δ grows until hi fits into the 14 steps that remain.
 */
function exactGrid(lo: number, hi: number, raw: number, kind: GridKind): [delta: number, zero: number] {
  let delta = snap(raw);
  let zero = zeroPoint(lo, delta, kind);
  if (hi > (15.5 - zero) * delta || -lo > (zero + 0.5) * delta) {
    delta = Math.min(
      most,
      withBits(delta, (bits) => bits + 0x20000),
    );
    zero = zeroPoint(lo, delta, kind);
  }
  if (zero > 0) return [delta, zero];
  return [snapUp(Math.max(Math.fround(Math.max(hi, empty) / 14), -lo)), 1];
}

/** To 7 significant bits, half to even: 17 of the 23 behind the point are dropped. */
function snap(value: number): number {
  return bounded(withBits(value, (bits) => bits + 0xffff + ((bits >>> 17) & 1)));
}

function snapUp(value: number): number {
  return bounded(withBits(value, (bits) => bits + 0x1ffff));
}

const bounded = (delta: number) => Math.min(most, Math.max(least, delta));

/** The number of 7 bits that is left when the float32 bits of a positive number are changed and cut. */
function withBits(value: number, change: (bits: number) => number): number {
  real[0] = value;
  word[0] = change(word[0]!) & 0xfffe0000;
  return real[0];
}
