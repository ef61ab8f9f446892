import type { HostTensor, Uniform } from '../graph/op.ts';
import { sizeOf, type Tensor, type TensorSpec } from '../graph/tensor.ts';
import { u32 } from './dispatch.ts';

/**
 * Where the rows of a batch stand in their sequences: row t of sequence s is at position start[s] + t. `start` is i32 [1]
 * (one number for all), i32 [sequences], or null (0).
 *
 * Prompts of unequal length need no mask. Padded on the right, all from start 0: a padding row writes its key at a
 * position that only later positions see, and the token generated there overwrites it before they are asked. Padded on
 * the left, start[s] = length[s] − longest: rows at negative positions are written nowhere. A sequence that is finished
 * may go on from the cache's capacity, where nothing is written either. What comes out for such rows means nothing, but it
 * is finite and touches no other sequence.
 */
export const firstPosition = (start: HostTensor | null | undefined, sequence: number): number =>
  start ? start.data[Math.min(sequence, start.data.length - 1)]! : 0;

export function checkStart(start: TensorSpec | null | undefined, sequences: number): void {
  if (!start) return;
  const count = sizeOf(start.shape);
  if (start.dtype !== 'i32' || (count !== 1 && count !== sequences))
    throw new Error(`start has ${count} ${start.dtype} numbers for ${sequences} sequences`);
}

/** How many numbers `start` has: the uniform that `first_position` (start.wgsl) takes. */
export const startCount = (start: Tensor | null | undefined): Uniform => u32(start ? sizeOf(start.shape) : 0);

/** WGSL of `first_position(sequence, starts)`; the kernel declares `start: array<i32>`. */
export { default as startCode } from '../../shaders/start.wgsl?raw';
