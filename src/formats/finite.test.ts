import { describe, expect, it } from 'vitest';
import { fromFloat32 } from '../lib/half.ts';
import { findNonFinite } from './finite.ts';

describe.each(['f32', 'f16', 'bf16'] as const)('findNonFinite in %s', (dtype) => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('finds %s', (value) => {
    const bytes = fromFloat32(Float32Array.of(0, -1, 60000, value, 2, Number.NaN), dtype);
    expect(findNonFinite(bytes, dtype)).toBe(3);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(findNonFinite(shifted.subarray(1), dtype)).toBe(3);
  });

  it('finds nothing among finite numbers', () => {
    expect(findNonFinite(fromFloat32(Float32Array.of(0, -0, 65504, 1e-7, -3), dtype), dtype)).toBe(-1);
    expect(findNonFinite(new Uint8Array(), dtype)).toBe(-1);
  });
});
