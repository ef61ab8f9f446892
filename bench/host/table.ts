import type { Row, Spread } from '../protocol.ts';

/** Rows under headings, columns aligned: the first and the last to the left, the others to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((_, column) =>
    Math.max(...[headings, ...rows].map((row) => row[column]!.length)),
  );
  const last = headings.length - 1;
  const aligned = (cell: string, column: number) =>
    column === 0 || column === last ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  const line = (row: readonly string[]) => `  ${row.map(aligned).join('  ')}`.trimEnd();
  return [line(headings), `  ${widths.map((width) => '─'.repeat(width)).join('  ')}`, ...rows.map(line)].join(
    '\n',
  );
}

/** Three figures that matter. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.01))));
  return value.toFixed(Math.min(3, digits));
}

/** Median, and the lowest and highest round where they differ from it. */
export function spread({ median, low, high }: Spread): string {
  return low === median && high === median
    ? figure(median)
    : `${figure(median)} (${figure(low)}–${figure(high)})`;
}

const signs = { 'at least': '≥', 'at most': '≤' };

/** '' without a target. */
export function target(row: Pick<Row, 'target' | 'value'>): string {
  if (!row.target) return '';
  return `${signs[row.target.sense]} ${figure(row.target.value)} ${met(row) ? '✓' : '✗'}`;
}

export function met({ target: wanted, value }: Pick<Row, 'target' | 'value'>): boolean {
  if (!wanted) return true;
  return wanted.sense === 'at least' ? value.median >= wanted.value : value.median <= wanted.value;
}
