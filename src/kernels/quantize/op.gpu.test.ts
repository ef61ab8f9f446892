import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
import { fromFloat32, toFloat32, type FloatDtype } from '../../lib/half.ts';
import { Random } from '../../lib/random.ts';
import type { GridRule } from './grid.ts';
import { quantizeOn, type Weights } from './run.testing.ts';

const rules: GridRule[] = ['exact', 'plain', 'published'];
const random = new Random(3);

/** Weights of all sizes: rows of one sign, of zeros, of ends at exact halves, and of δ about 2⁻¹⁴. */
function weights(rows: number, columns: number, dtype: FloatDtype, masked: boolean): Weights {
  const values = Float32Array.from({ length: rows * columns }, (_, i) => {
    const row = Math.floor(i / columns);
    const v = random.normal();
    if (row % 7 === 0) return 0.05 * v;
    if (row % 7 === 1) return Math.abs(v) * 2 ** ((row % 33) - 20);
    if (row % 7 === 2) return -Math.abs(v) * 2 ** ((row % 40) - 25);
    if (row % 7 === 3) return v < 1 ? 0 : v;
    if (row % 7 === 4) return Math.round(v * 4) / 2;
    if (row % 7 === 5) return v * 2 ** ((row % 33) - 20);
    return (i % 2 ? 1 : -1) * 7.5 * 2 ** -((i % 3) + 3);
  });
  const held = toFloat32(fromFloat32(values, dtype), dtype);
  const mask = Uint32Array.from({ length: rows * Math.ceil(columns / 32) }, () => random.next() * 2 ** 32);
  return { rows, columns, values: held, dtype, ...(masked ? { mask } : {}) };
}

describe('quantize rows: every δ, z and code is the reference’s', () => {
  const cases = rules.flatMap((rule) => [false, true].map((symmetric) => ({ rule, symmetric })));
  it.each(cases)('$rule, symmetric $symmetric', async (kind) => {
    for (const [weight, group] of [
      [weights(300, 96, 'f32', false), 32],
      [weights(71, 172, 'f16', true), 64],
      [weights(64, 129, 'bf16', false), 128],
      [weights(9, 37, 'f32', true), 64],
    ] as const) {
      const expected = await quantizeOn(new CpuBackend(), weight, group, kind);
      const found = await quantizeOn(await gpuBackend(), weight, group, kind);
      expect(found.grid).toEqual(expected.grid);
      expect(found.codes).toEqual(expected.codes);
    }
  });
});
