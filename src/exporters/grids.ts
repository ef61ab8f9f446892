import { f16ToF32, f32ToF16, toFloat32, fromFloat32, type FloatDtype } from '../lib/half.ts';
import type { FinishedCodes } from './exporter.ts';

/** What the grids of a model's INT4 modules are like. */
export interface GridSurvey {
  readonly scales: number;
  /** Scales that half precision cannot hold. */
  readonly wideScales: number;
  /** Every zero point is 8. */
  readonly symmetric: boolean;
}

/** Reads every grid once; codes are not read. */
export async function surveyGrids(codes: readonly FinishedCodes[]): Promise<GridSurvey> {
  let [scales, wideScales, symmetric] = [0, 0, true];
  for (const { grid } of codes) {
    const pairs = await grid();
    scales += pairs.length / 2;
    for (let at = 0; at < pairs.length; at += 2) {
      if (f16ToF32(f32ToF16(pairs[at]!)) !== pairs[at]) wideScales++;
      if (pairs[at + 1] !== 8) symmetric = false;
    }
  }
  return { scales, wideScales, symmetric };
}

/** Share of the scales whose fifteen multiples are not all numbers of a dtype. */
export async function inexactShare(codes: readonly FinishedCodes[], dtype: FloatDtype): Promise<number> {
  let [scales, inexact] = [0, 0];
  for (const { grid } of codes) {
    const pairs = await grid();
    const multiples = new Float32Array(pairs.length / 2);
    const rounded = new Uint8Array(multiples.length);
    for (let factor = 1; factor <= 15; factor++) {
      for (let i = 0; i < multiples.length; i++) multiples[i] = factor * pairs[2 * i]!;
      const held = toFloat32(fromFloat32(multiples, dtype), dtype);
      for (let i = 0; i < multiples.length; i++) if (held[i] !== multiples[i]) rounded[i] = 1;
    }
    scales += multiples.length;
    inexact += rounded.reduce((sum, bit) => sum + bit, 0);
  }
  return scales === 0 ? 0 : inexact / scales;
}
