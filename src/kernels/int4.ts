import type { HostTensor } from '../graph/op.ts';
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

/** Throws unless `grid` is the grid of codes of this shape. */
export function checkGrid(codes: TensorSpec, grid: TensorSpec): void {
  const { rows, columns } = matrixOf(codes.shape);
  const { rows: gridRows, columns: gridColumns } = matrixOf(grid.shape);
  if (grid.dtype !== 'f32' || gridRows !== rows || gridColumns % 2 !== 0) {
    throw new Error(
      `a grid of ${grid.dtype}[${grid.shape.join()}] does not fit codes [${codes.shape.join()}]: f32 [${rows}, 2 · groups]`,
    );
  }
  groupShift(columns, gridColumns / 2);
}

/** Ŵ of one element: what codes and grid stand for. */
export function decoder(codes: HostTensor, grid: HostTensor): (row: number, column: number) => number {
  const columns = codes.shape.at(-1)!;
  const width = grid.shape.at(-1)!;
  const shift = groupShift(columns, width / 2);
  return (row, column) => {
    const cell = row * width + 2 * (column >>> shift);
    return grid.data[cell]! * (codes.data[row * columns + column]! - grid.data[cell + 1]!);
  };
}
