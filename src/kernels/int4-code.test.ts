import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { int4Code } from './int4-code.ts';

describe('the INT4 code of a weight', () => {
  it.each([
    { v: 0.5, zero: 0, code: 0 },
    { v: 1.5, zero: 0, code: 2 },
    { v: 2.5, zero: 0, code: 2 },
    { v: 2.5, zero: 5, code: 7 },
    { v: -0.5, zero: 8, code: 8 },
    { v: -1.5, zero: 8, code: 6 },
    { v: -2.5, zero: 7, code: 5 },
    { v: -9, zero: 8, code: 0 },
    { v: 9, zero: 8, code: 15 },
    { v: Infinity, zero: 0, code: 15 },
    { v: -1e9, zero: 15, code: 0 },
    { v: -0, zero: 0, code: 0 },
  ])('$v steps from $zero: $code', ({ v, zero, code }) => {
    expect(int4Code(v, 1, zero)).toBe(code);
    expect(int4Code(v / 64, 2 ** -6, zero)).toBe(code);
  });

  it('is taken from the float32 quotient: what it rounds to a half is a tie', () => {
    const delta = Math.fround(0.1);
    const v = Math.fround(3.5 * delta);
    expect(v / delta).toBeLessThan(3.5);
    expect(int4Code(v, delta, 0)).toBe(4);
  });

  it('stands for a weight within half a step, where nothing clips', () => {
    const steps = fc.double({ min: -0.49, max: 15.49, noNaN: true });
    const deltas = fc.double({ min: 2 ** -14, max: 100, noNaN: true });
    fc.assert(
      fc.property(steps, deltas, fc.integer({ min: 0, max: 15 }), (step, wide, zero) => {
        const delta = Math.fround(wide);
        const v = Math.fround((step - zero) * delta);
        const q = int4Code(v, delta, zero);
        expect(Math.abs(v - delta * (q - zero))).toBeLessThanOrEqual(delta * (0.5 + 2e-6));
      }),
    );
  });

  it('of zero is the zero point, and never falls as the weight grows', () => {
    const numbers = fc.float({ min: -40, max: 40, noNaN: true });
    const deltas = fc.float({ min: 0.0625, max: 8, noNaN: true });
    fc.assert(
      fc.property(numbers, numbers, deltas, fc.integer({ min: 0, max: 15 }), (a, b, delta, zero) => {
        expect(int4Code(0, delta, zero)).toBe(zero);
        expect(int4Code(Math.min(a, b), delta, zero)).toBeLessThanOrEqual(
          int4Code(Math.max(a, b), delta, zero),
        );
      }),
    );
  });
});
