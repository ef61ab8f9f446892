import { PareError } from '../lib/assert.ts';

/** A scale is positive, and 15 of it are still a number: the largest weight that a code can mean. */
export function requireScales(file: string, tensor: string, scales: Float32Array): void {
  const bad = scales.findIndex((scale) => !(scale > 0 && Number.isFinite(Math.fround(15 * scale))));
  if (bad < 0) return;
  throw new PareError(
    'not-finite',
    `${file}: ${tensor} holds ${scales[bad]} at element ${bad}; a scale is a positive number.`,
    'The checkpoint is damaged. Download it again, or quantize the float model again.',
  );
}
