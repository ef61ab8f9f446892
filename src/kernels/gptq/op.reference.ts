import type { HostTensor } from '../../graph/op.ts';
import { int4Code } from '../int4-code.ts';
import { groupShift } from '../int4.ts';
import { maskBit } from '../matmul/op.reference.ts';
import { groupGrid, type GridKind } from '../quantize/grid.ts';
import { rangeOf } from '../quantize/op.reference.ts';

type Inputs = readonly (HostTensor | null)[];

export function loadReference([held, w, factor]: Inputs): void {
  const [columns, stride] = held!.shape as [number, number];
  const rows = w!.data.length / columns;
  for (let column = 0; column < columns; column++) {
    const live = factor!.data[column * (columns + 1)] !== 0;
    for (let row = 0; row < stride; row++)
      held!.data[column * stride + row] = live && row < rows ? w!.data[row * columns + column]! : 0;
  }
}

export function sweepReference(
  [codes, grid, errors, held, factor, mask, begin]: Inputs,
  _outputs: readonly HostTensor[],
  kind: GridKind,
): void {
  const columns = codes!.shape.at(-1)!;
  const [block, stride] = errors!.shape as [number, number];
  const first = begin!.data[0]!;
  const end = Math.min(columns, first + block);
  const width = grid!.shape.at(-1)!;
  const group = 2 ** groupShift(columns, width / 2);
  const words = Math.ceil(columns / 32);
  for (let row = 0; row < codes!.data.length / columns; row++) {
    const kept = (column: number) => !mask || maskBit(mask.data, words, row, column);
    const left = (column: number) => (kept(column) ? held!.data[column * stride + row]! : 0);
    for (let column = first; column < end; column++) {
      const cell = row * width + 2 * Math.floor(column / group);
      if (column % group === 0)
        grid!.data.set(groupGrid(...rangeOf(left, column, Math.min(columns, column + group)), kind), cell);
      const [delta, zero] = [grid!.data[cell]!, grid!.data[cell + 1]!];
      let v = left(column);
      for (let k = first; k < column && kept(column); k++)
        v -= errors!.data[(k - first) * stride + row]! * factor!.data[k * columns + column]!;
      const code = int4Code(Math.fround(v), delta, zero);
      const rest = v - delta * (code - zero);
      codes!.data[row * columns + column] = code;
      errors!.data[(column - first) * stride + row] =
        rest === 0 ? 0 : rest / factor!.data[column * (columns + 1)]!;
    }
  }
}

export function spreadReference([held, factor, errors, begin]: Inputs): void {
  const [columns, stride] = held!.shape as [number, number];
  const first = begin!.data[0]!;
  const end = Math.min(columns, first + errors!.shape[0]!);
  for (let column = end; column < columns; column++) {
    for (let row = 0; row < stride; row++) {
      let taken = 0;
      for (let k = first; k < end; k++)
        taken += factor!.data[k * columns + column]! * errors!.data[(k - first) * stride + row]!;
      held!.data[column * stride + row]! -= taken;
    }
  }
}
