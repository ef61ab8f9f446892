import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bf16ToF32,
  decodeBf16,
  decodeF16,
  encodeBf16,
  encodeF16,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
  fromFloat32,
  toFloat32,
} from './half.ts';

const codes = Uint16Array.from({ length: 65_536 }, (_, code) => code);

/** Codes for which the check fails: one expectation for thousands of them, which is much faster. */
const failing = (count: number, holds: (code: number) => boolean): number[] =>
  Array.from(codes.subarray(0, count)).filter((code) => !holds(code));

/** IEEE binary16 by its definition. */
function plainF16(code: number): number {
  const sign = code >> 15 ? -1 : 1;
  const exponent = (code >> 10) & 31;
  const fraction = code & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Whether a code came back from float32 as itself, or a NaN as a NaN. */
const returns = (code: number, back: number): boolean =>
  Number.isNaN(plainF16(code)) ? Number.isNaN(plainF16(back)) : back === code;

/** Whether a value halfway between two neighbouring codes, and those just beside it, round as they should. */
function roundsAround(
  code: number,
  widen: (code: number) => number,
  narrow: (value: number) => number,
): boolean {
  const middle = (widen(code) + widen(code + 1)) / 2;
  const even = code + (code & 1);
  return (
    narrow(middle) === even &&
    narrow(-middle) === (0x8000 | even) &&
    narrow(neighbour(middle, -1)) === code &&
    narrow(neighbour(middle, 1)) === code + 1
  );
}

describe('half precision', () => {
  it('widens all 65,536 codes exactly', () => {
    expect(failing(65_536, (code) => Object.is(f16ToF32(code), plainF16(code)))).toEqual([]);
    expect(decodeF16(codes)).toEqual(Float32Array.from(codes, plainF16));
  });

  it('narrows every widened code back to itself; NaN stays NaN', () => {
    const again = encodeF16(decodeF16(codes));
    const wrong = (code: number) =>
      !returns(code, again[code] as number) || !returns(code, f32ToF16(f16ToF32(code)));
    expect(failing(65_536, (code) => !wrong(code))).toEqual([]);
  });

  it('rounds to nearest, ties to even, between every pair of neighbours', () => {
    expect(failing(0x7bff, (code) => roundsAround(code, plainF16, f32ToF16))).toEqual([]);
  });

  it('overflows to infinity from 65520 on, and underflows to a signed zero', () => {
    expect(f32ToF16(65519.996)).toBe(0x7bff);
    expect(f32ToF16(65520)).toBe(0x7c00);
    expect(f32ToF16(-1e30)).toBe(0xfc00);
    expect(f32ToF16(2 ** -25)).toBe(0);
    expect(f32ToF16(neighbour(2 ** -25, 1))).toBe(1);
    expect(f32ToF16(-1e-30)).toBe(0x8000);
    expect(f32ToF16(Number.NaN) & 0x7fff).toBeGreaterThan(0x7c00);
  });
});

describe('bfloat16', () => {
  it('widens all codes to the float32 whose upper half they are, and narrows back', () => {
    const wide = decodeBf16(codes);
    const bits = new Uint32Array(wide.buffer);
    const again = encodeBf16(wide);
    const survives = (code: number) =>
      Number.isNaN(wide[code]) ? Number.isNaN(bf16ToF32(again[code] as number)) : again[code] === code;
    expect(failing(65_536, (code) => bits[code] === code * 65_536 && survives(code))).toEqual([]);
  });

  it('rounds to nearest, ties to even', () => {
    expect(failing(0x7f7f, (code) => roundsAround(code, bf16ToF32, f32ToBf16))).toEqual([]);
    expect(f32ToBf16(3.4028234663852886e38)).toBe(0x7f80);
    expect(f32ToBf16(Number.NEGATIVE_INFINITY)).toBe(0xff80);
  });
});

describe('stored bytes', () => {
  it('round-trips whatever the alignment', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true }), { maxLength: 20 }),
        fc.constantFrom('f32', 'f16', 'bf16'),
        fc.integer({ min: 0, max: 3 }),
        (values, dtype, shift) => {
          const stored = fromFloat32(Float32Array.from(values), dtype);
          const moved = new Uint8Array(stored.length + shift);
          moved.set(stored, shift);
          const once = toFloat32(moved.subarray(shift), dtype);
          expect(once).toEqual(toFloat32(fromFloat32(once, dtype), dtype));
          if (dtype === 'f32') expect(once).toEqual(Float32Array.from(values));
        },
      ),
    );
  });
});

/** The next float32 above or below. */
function neighbour(value: number, direction: 1 | -1): number {
  const real = new Float32Array([value]);
  const bits = new Int32Array(real.buffer);
  bits[0] = (bits[0] as number) + direction;
  return real[0] as number;
}
