import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { f16ToF32, f32ToF16 } from '../../lib/half.ts';
import { int4Code } from '../int4-code.ts';
import { roundingGoldens } from './golden.testing.ts';
import { groupGrid, type GridRule } from './grid.ts';
import { rangeOf } from './op.reference.ts';
import { quantizeOn } from './run.testing.ts';

roundingGoldens(() => Promise.resolve(new CpuBackend()));

/** Weights of a group, of any size that half precision has; some are zero, some groups have one sign. */
const weights = fc
  .tuple(
    fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 64 }),
    fc.integer({ min: -40, max: 16 }),
    fc.constantFrom<(v: number) => number>(
      (v) => v,
      Math.abs,
      (v) => -Math.abs(v),
      (v) => (v > 0 ? v : 0),
    ),
  )
  .map(([values, exponent, sign]) => values.map((v) => Math.fround(sign(v) * 2 ** exponent)));

const kinds = fc.record({
  symmetric: fc.boolean(),
  rule: fc.constantFrom<GridRule>('exact', 'plain', 'published'),
});

const gridOf = (values: readonly number[], kind: { symmetric: boolean; rule: GridRule }) =>
  groupGrid(...rangeOf((i) => values[i]!, 0, values.length), kind);

/** Bits from the first to the last that is set in a number's significand. */
function significantBits(value: number): number {
  let digits = Math.abs(value);
  if (digits === 0) return 0;
  while (digits % 1 !== 0) digits *= 2;
  while (digits % 2 === 0) digits /= 2;
  return Math.floor(Math.log2(digits)) + 1;
}

describe('the exact grid', () => {
  it('has δ of 7 bits in the normal range of f16, z in 1…15; δ·(q − z) has 11 bits, f16 and f32 hold it', () => {
    fc.assert(
      fc.property(weights, fc.boolean(), (values, symmetric) => {
        const [delta, zero] = gridOf(values, { symmetric, rule: 'exact' });
        expect(significantBits(delta)).toBeLessThanOrEqual(7);
        expect(delta).toBeGreaterThanOrEqual(2 ** -14);
        expect(zero).toBeGreaterThanOrEqual(1);
        expect(zero).toBeLessThanOrEqual(15);
        for (let code = 0; code < 16; code++) {
          const value = delta * (code - zero);
          expect(significantBits(value)).toBeLessThanOrEqual(11);
          expect(Math.fround(value)).toBe(value);
          expect(f16ToF32(f32ToF16(value)) + 0).toBe(value + 0);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('is no coarser than 7 bits and the zero point need', () => {
    fc.assert(
      fc.property(weights, fc.boolean(), (values, symmetric) => {
        const [plain] = gridOf(values, { symmetric, rule: 'plain' });
        const [delta] = gridOf(values, { symmetric, rule: 'exact' });
        if (plain === 1 || delta === 2 ** -14 || delta === 4352) return;
        // 2⁻⁶ for δ itself, 15/14 where z may not be 0.
        expect(delta / plain).toBeLessThanOrEqual((15 / 14) * (1 + 2 ** -6));
        expect(delta / plain).toBeGreaterThanOrEqual(1 - 2 ** -7);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('every grid', () => {
  it('keeps zero, and every weight within half a step but those that clip', () => {
    fc.assert(
      fc.property(weights, kinds, (values, kind) => {
        const [delta, zero] = gridOf(values, kind);
        expect(int4Code(0, delta, zero)).toBe(zero);
        for (const value of values) {
          const code = int4Code(value, delta, zero);
          const inside = value <= (15 - zero) * delta && value >= -zero * delta;
          if (inside) expect(Math.abs(delta * (code - zero) - value)).toBeLessThanOrEqual(delta * 0.500001);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('loses no more than half a step at its ends (but the published symmetric one, and beyond 60,000)', () => {
    fc.assert(
      fc.property(weights, fc.boolean(), fc.constantFrom('exact', 'plain'), (values, symmetric, rule) => {
        const [delta, zero] = gridOf(values, { symmetric, rule });
        if (delta === 4352) return;
        const [lo, hi] = rangeOf((i) => values[i]!, 0, values.length);
        expect(hi).toBeLessThanOrEqual((15.5 - zero) * delta * (1 + 1e-6));
        expect(-lo).toBeLessThanOrEqual((0.5 + zero) * delta * (1 + 1e-6));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    { kind: { symmetric: false, rule: 'exact' }, grid: [1, 8] },
    { kind: { symmetric: true, rule: 'plain' }, grid: [1, 8] },
    { kind: { symmetric: false, rule: 'published' }, grid: [Math.fround(2 / 15), 7] },
    { kind: { symmetric: true, rule: 'published' }, grid: [Math.fround(2 / 15), 8] },
  ] as const)('of zeros alone: $kind.rule, symmetric $kind.symmetric', ({ kind, grid }) => {
    expect(gridOf([0, -0], kind)).toEqual(grid);
  });

  it('of weights of one sign: z is clamped to 1 and δ grows; published symmetric is not mirrored', () => {
    expect(gridOf([14, 3], { symmetric: false, rule: 'exact' })).toEqual([1, 1]);
    expect(gridOf([15, 3], { symmetric: false, rule: 'plain' })).toEqual([1, 0]);
    expect(gridOf([-15, -3], { symmetric: false, rule: 'exact' })).toEqual([1, 15]);
    expect(gridOf([15, 3], { symmetric: true, rule: 'published' })).toEqual([1, 8]);
    expect(gridOf([15, 3], { symmetric: true, rule: 'plain' })).toEqual([2, 8]);
  });
});

describe('quantize-rows', () => {
  it('takes masked weights for zero, out of the range too', async () => {
    const values = Float32Array.from({ length: 40 }, (_, i) => (i === 3 ? 100 : i % 7));
    const mask = Uint32Array.of(~(1 << 3), 0xff);
    const weight = { rows: 1, columns: 40, values, mask };
    const { codes, grid } = await quantizeOn(new CpuBackend(), weight, 32, {
      symmetric: false,
      rule: 'exact',
    });
    expect(codes[3]).toBe(grid[1]);
    expect(grid[0]).toBeLessThan(1);
  });

  it('refuses codes and grids of another shape', async () => {
    const weight = { rows: 2, columns: 48, values: new Float32Array(96) };
    await expect(
      quantizeOn(new CpuBackend(), weight, 4, { symmetric: false, rule: 'exact' }),
    ).rejects.toThrow('groups');
  });
});
