import type { HostTensor } from '../../graph/op.ts';
import type { PruneAttributes } from './op.ts';

/** Sorts each row (or each group of M) by score, stable, and clears the bits of the first ones. */
export function pruneReference(
  [mask, w, sums]: readonly (HostTensor | null)[],
  _outputs: readonly HostTensor[],
  { rule, inverseCount }: PruneAttributes,
): void {
  const columns = w!.shape.at(-1)!;
  const rows = w!.data.length / columns;
  const words = Math.ceil(columns / 32);
  const norm = (column: number) =>
    sums ? Math.fround(Math.sqrt(Math.fround(sums.data[column]! * inverseCount))) : 1;
  const norms = Array.from({ length: columns }, (_, column) => norm(column));
  const group = 'm' in rule ? rule.m : columns;
  const cut = 'm' in rule ? rule.n : rule.count;
  for (let row = 0; row < rows; row++) {
    for (let word = 0; word < words; word++) mask!.data[row * words + word] = lowBits(columns - word * 32);
    const score = (column: number) =>
      Math.fround(Math.abs(w!.data[row * columns + column]!) * norms[column]!);
    for (let begin = 0; begin < columns; begin += group) {
      const order = Array.from({ length: Math.min(group, columns - begin) }, (_, i) => begin + i);
      order.sort((a, b) => score(a) - score(b) || a - b);
      for (const column of order.slice(0, cut))
        mask!.data[row * words + (column >>> 5)]! &= ~(1 << (column & 31));
    }
  }
}

function lowBits(count: number): number {
  return count >= 32 ? 0xffffffff : 2 ** count - 1;
}
