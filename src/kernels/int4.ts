import { matrixOf, type TensorSpec } from '../graph/tensor.ts';

/**
 * A weight held as INT4 (METHODS §6): codes q, dtype `i4`, shape [out, in]; and a grid beside them, f32
 * [out, 2 · groups], the pair (δ, z) of each group of consecutive inputs: Ŵ = δ · (q − z).
 */

/** Groups are a power of two wide; a last, short one is allowed. log₂ of the width, from the number of groups. */
export function groupShift(columns: number, groups: number): number {
  for (let shift = 3; shift < 31; shift++) if (Math.ceil(columns / 2 ** shift) === groups) return shift;
  throw new Error(`${columns} inputs cannot be cut into ${groups} groups`);
}

/** The grid of a weight of this shape, in groups of `group` inputs. */
export function gridSpec(shape: readonly number[], group: number): TensorSpec {
  const { rows, columns } = matrixOf(shape);
  return { dtype: 'f32', shape: [rows, 2 * Math.ceil(columns / group)] };
}
