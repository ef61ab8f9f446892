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
  return value.toFixed(Math.min(3, digits)).replace('-', '−');
}

/** Median, and the lowest and highest round where they differ from it. */
export function spread({ median, low, high }: Spread): string {
  return low === median && high === median
    ? figure(median)
    : `${figure(median)} (${figure(low)}${low < 0 ? ' to ' : '–'}${figure(high)})`;
}

const signs = { 'at least': '≥', 'at most': '≤' };

/** '' without a target. */
export function target(row: Pick<Row, 'target' | 'value'>): string {
  return row.target ? `${wantedOf(row)} ${met(row) ? '✓' : '✗'}` : '';
}

export const wantedOf = ({ target: wanted }: Pick<Row, 'target'>): string =>
  wanted ? `${signs[wanted.sense]} ${figure(wanted.value)}` : '';

export const percent = (share: number): string => `${(100 * share).toFixed(Math.abs(share) < 0.1 ? 1 : 0)} %`;

export function met({ target: wanted, value }: Pick<Row, 'target' | 'value'>): boolean {
  if (!wanted) return true;
  return wanted.sense === 'at least' ? value.median >= wanted.value : value.median <= wanted.value;
}
