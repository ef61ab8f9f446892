import type { Facts, Row, SectionResult } from '../protocol.ts';
import { groupBy } from '../page/timing.ts';
import { spread, table, target } from './table.ts';

export function printFacts({ adapter, features, userAgent }: Facts): string {
  const browser = /Chrome\/[\d.]+/.exec(userAgent)?.[0] ?? userAgent;
  return `${adapter}\n${browser}; features used: ${features.filter((name) => /timestamp|subgroups|shader-f16/.test(name)).join(', ') || 'none'}`;
}

/** A section as tables, one a group, of at most `top` rows each. */
export function printSection({ title, rows, error, seconds, load }: SectionResult, top: number): string {
  const heading = `\n${title}\n${'═'.repeat(title.length)}\n  ${seconds} s, load ${load.map((value) => value.toFixed(1)).join(' → ')}`;
  if (error !== undefined) return `${heading}\n  not measured: ${error}`;
  const groups = [...groupBy(rows, ({ group }) => group ?? '')];
  return [heading, ...groups.map(([group, members]) => printGroup(group, members, top))].join('\n');
}

function printGroup(group: string, rows: readonly Row[], top: number): string {
  const lines = rows
    .slice(0, top)
    .map((row) => [row.label, spread(row.value), row.unit, target(row), row.note ?? '']);
  const rest = rows.length > top ? [`  and ${rows.length - top} more`] : [];
  return [
    ...(group ? [`  ${group}`] : []),
    table(['', 'median (low–high)', '', 'wanted', ''], lines),
    ...rest,
    '',
  ].join('\n');
}
