import type { HostTensor } from '../../graph/op.ts';
import { int4Code } from '../int4-code.ts';
import { groupShift } from '../int4.ts';
import { maskBit } from '../matmul/op.reference.ts';
import { groupGrid, type GridKind } from './grid.ts';

export function quantizeReference(
  [codes, grid, w, mask]: readonly (HostTensor | null)[],
  _outputs: readonly HostTensor[],
  kind: GridKind,
): void {
  const columns = w!.shape.at(-1)!;
  const groups = grid!.shape.at(-1)! / 2;
  const width = 2 ** groupShift(columns, groups);
  const words = Math.ceil(columns / 32);
  for (let row = 0; row < w!.data.length / columns; row++) {
    const value = (column: number) =>
      mask && !maskBit(mask.data, words, row, column) ? 0 : w!.data[row * columns + column]!;
    for (let group = 0; group < groups; group++) {
      const begin = group * width;
      const end = Math.min(columns, begin + width);
      const [delta, zero] = groupGrid(...rangeOf(value, begin, end), kind);
      grid!.data.set([delta, zero], 2 * (row * groups + group));
      for (let column = begin; column < end; column++)
        codes!.data[row * columns + column] = int4Code(value(column), delta, zero);
    }
  }
}

/** Least and largest of values begin … end − 1, zero included. */
export function rangeOf(
  value: (index: number) => number,
  begin: number,
  end: number,
): [lo: number, hi: number] {
  let lo = 0;
  let hi = 0;
  for (let index = begin; index < end; index++) {
    lo = Math.min(lo, value(index));
    hi = Math.max(hi, value(index));
  }
  return [lo, hi];
}
