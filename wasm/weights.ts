/** Weights in the dtype that they are stored in, four at a time. */

export const F32: i32 = 0;
export const F16: i32 = 1;
export const BF16: i32 = 2;
export const I4: i32 = 3;

/** Elements `index` … `index` + 3 of consecutive f32, f16 or bf16 numbers. May read beyond the last one. */
// @ts-ignore: decorator
@inline
export function floats(base: usize, dtype: i32, index: i32): v128 {
  if (dtype == F32) return v128.load(base + ((index as usize) << 2));
  const halves = i32x4.extend_low_i16x8_u(v128.load64_zero(base + ((index as usize) << 1)));
  return dtype == BF16 ? i32x4.shl(halves, 16) : fromHalf(halves);
}

/** One number. */
export function float(base: usize, dtype: i32, index: i32): f32 {
  return f32x4.extract_lane(floats(base, dtype, index), 0);
}

/** Four halves, each in a word: exponent and fraction as f32 bits, then 2¹¹² sets the bias right, subnormals too. */
// @ts-ignore: decorator
@inline
function fromHalf(halves: v128): v128 {
  const magnitude = v128.and(halves, i32x4.splat(0x7fff));
  const sign = i32x4.shl(v128.xor(halves, magnitude), 16);
  const value = f32x4.mul(i32x4.shl(magnitude, 13), f32x4.splat(reinterpret<f32>(0x77800000)));
  const special = v128.and(i32x4.gt_s(magnitude, i32x4.splat(0x7bff)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(value, special), sign);
}

/** Four codes 0…15 that begin at an even place of a row, as numbers. */
// @ts-ignore: decorator
@inline
export function codes(row: usize, column: i32): v128 {
  const word = i32x4.splat(load<u16>(row + ((column as usize) >> 1)));
  const nibbles = v128.and(word, i32x4(0xf, 0xf0, 0xf00, 0xf000));
  return f32x4.mul(f32x4.convert_i32x4_s(nibbles), f32x4(1, 1 / 16, 1 / 256, 1 / 4096));
}

/** Four bits of a row of a mask, from a column that is a multiple of 4, as lanes of all ones or all zeros. */
// @ts-ignore: decorator
@inline
export function kept(row: usize, column: i32): v128 {
  const bits = load<u32>(row + (((column as usize) >> 5) << 2)) >> (column & 31);
  const each = i32x4(1, 2, 4, 8);
  return i32x4.eq(v128.and(i32x4.splat(bits), each), each);
}

/** Widens `count` numbers to f32; `to` has room for whole vectors. Gives the numbers themselves where they are f32. */
export function widened(base: usize, dtype: i32, count: i32, to: usize): usize {
  if (dtype == F32) return base;
  for (let i = 0; i < count; i += 4) v128.store(to + ((i as usize) << 2), floats(base, dtype, i));
  return to;
}
