import type { HostTensor } from '../../graph/op.ts';
import { decoder } from '../int4.ts';
import type { activeColumns as ActiveColumns } from '../limits.ts';
import type { MatmulAttributes } from './op.ts';

/** Strides of X over (row of Y, inner). */
export function strides(orientation: MatmulAttributes['orientation'], xColumns: number) {
  return orientation === 'tn' ? { row: 1, inner: xColumns } : { row: xColumns, inner: 1 };
}

/** Whether bit `row·columns + column` of a row-padded bit mask is set: rows start at whole words. */
export function maskBit(mask: HostTensor['data'], wordsPerRow: number, row: number, column: number): boolean {
  return ((mask[row * wordsPerRow + (column >>> 5)]! >>> (column & 31)) & 1) === 1;
}

/** The definition, one element at a time, in float64. */
export function matmulReference(
  [x, w, addend, bias, limits, mask, grid]: readonly (HostTensor | null)[],
  y: HostTensor,
  attributes: MatmulAttributes,
  activeColumns: typeof ActiveColumns,
): void {
  const { orientation, scale, innerLimit, outerLimit, rowsPerSequence } = attributes;
  const tn = orientation === 'tn';
  const xColumns = x!.shape.at(-1)!;
  const wColumns = w!.shape.at(-1)!;
  const columns = y.shape.at(-1)!;
  const rows = y.data.length / columns;
  const inner = tn ? x!.data.length / xColumns : xColumns;
  const at = strides(orientation, xColumns);
  const words = Math.ceil(wColumns / 32);
  const limit = (group: number | null, row: number, full: number) =>
    activeColumns(limits ?? null, { group, rowsPerSequence }, row, full);
  const decode = grid ? decoder(w!, grid) : null;
  const nt = orientation === 'nt';
  const [wInner, wOuter] = nt ? [1, wColumns] : [wColumns, 1];
  const weight = (k: number, n: number) => {
    if (mask && !maskBit(mask.data, words, nt ? n : k, nt ? k : n)) return 0;
    if (decode) return nt ? decode(n, k) : decode(k, n);
    return w!.data[k * wInner + n * wOuter]!;
  };
  for (let m = 0; m < rows; m++) {
    const innerEnd = tn ? inner : limit(innerLimit, m, inner);
    const outerEnd = tn ? columns : limit(outerLimit, m, columns);
    for (let n = 0; n < columns; n++) {
      let sum = 0;
      const steps = n < outerEnd ? innerEnd : 0;
      for (let k = 0; k < steps; k++) {
        if (tn && (m >= limit(innerLimit, k, rows) || n >= limit(outerLimit, k, columns))) continue;
        sum += x!.data[m * at.row + k * at.inner]! * weight(k, n);
      }
      const shift = n < outerEnd ? (bias?.data[n] ?? 0) : 0;
      y.data[m * columns + n] = (addend?.data[m * columns + n] ?? 0) + scale * sum + shift;
    }
  }
}
