import { nearest } from '../../src/backends/measure/roofline.ts';
import type { Results, Row, SectionResult } from '../protocol.ts';
import { groupBy } from '../page/timing.ts';
import { measuredCeilings } from './roofline.ts';
import { figure, met, percent, spread, wantedOf } from './table.ts';

/** Why a target is not met, by `section: label`, in the order of the patterns. */
export type Bounds = Readonly<Record<string, string>>;

/** Results of one adapter under the name that columns have. */
export interface Measured {
  readonly name: string;
  readonly results: Results;
}

/** Kernels of a step that the document shows: the rest is in the JSON. */
const shown = 14;

/**
 * The page from its template: `{{machine}}`, `{{targets}}` and `{{<section>}}` are replaced; sections that the template
 * does not name come where it says `{{others}}`.
 */
export function performancePage(template: string, measured: readonly Measured[], bounds: Bounds): string {
  const names = [...new Set(measured.flatMap(({ results }) => results.sections.map(({ name }) => name)))];
  const others = names.filter((name) => !template.includes(`{{${name}}}`));
  return template.replaceAll(/\{\{([\w-]+)\}\}/g, (_, name: string) => {
    if (name === 'machine') return machine(measured);
    if (name === 'targets') return targets(measured, bounds);
    if (name === 'others')
      return others
        .map((other) => `### ${titleOf(other, measured)}\n\n${section(other, measured)}`)
        .join('\n\n');
    return names.includes(name) ? section(name, measured) : '*Not measured.*';
  });
}

const find = (results: Results, name: string): SectionResult | undefined =>
  results.sections.find((one) => one.name === name);

const titleOf = (name: string, measured: readonly Measured[]): string =>
  measured.map(({ results }) => find(results, name)?.title).find(Boolean) ?? name;

function machine(measured: readonly Measured[]): string {
  const rows = measured.map(({ name, results }) => {
    const { date, commit, machine: computer, facts, rounds, sections } = results;
    const load = sections.flatMap((one) => one.load);
    return [
      name,
      facts?.adapter ?? '–',
      /Chrome\/[\d.]+/.exec(facts?.userAgent ?? '')?.[0] ?? '–',
      facts?.features.filter((feature) => /timestamp|subgroups|shader-f16/.test(feature)).join(', ') ||
        'none',
      `${computer.cores} × ${computer.processor}`,
      `${Math.min(...load).toFixed(1)}–${Math.max(...load).toFixed(1)}`,
      String(rounds),
      `${date.slice(0, 10)}, ${commit}`,
    ];
  });
  const versions = Object.entries(measured[0]?.results.versions ?? {}).map((pair) => pair.join(' '));
  const head = ['', 'adapter', 'browser', 'features used', 'cores', 'load', 'rounds', 'when, commit'];
  return `${markdown(head, rows)}\n\nPeers: ${versions.join(', ')}.`;
}

/**
 * Every row with a target: wanted, measured, and what bounds it where it is missed. Targets are the first adapter's;
 * what the others measure stands beside it.
 */
function targets([first, ...others]: readonly Measured[], bounds: Bounds): string {
  if (!first) return '*Not measured.*';
  const targeted = first.results.sections.flatMap((one) =>
    one.rows.filter((row) => row.target).map((row) => ({ one, row })),
  );
  const reached = targeted.filter(({ row }) => met(row)).length;
  const head = [
    'section',
    'figure',
    'wanted',
    first.name,
    '',
    ...others.map(({ name }) => name),
    'what bounds it',
  ];
  const lines = targeted.map(({ one, row }) => targetLine(one, row, others, bounds));
  return `${reached} of ${targeted.length} are met on ${first.name}.\n\n${markdown(head, lines)}`;
}

function targetLine(
  one: SectionResult,
  row: Row,
  others: readonly Measured[],
  bounds: Bounds,
): readonly string[] {
  const words = row.group ? `${row.group}: ${row.label}` : row.label;
  const key = `${one.name}: ${words}`;
  const [, bound] = Object.entries(bounds).find(([pattern]) => key.startsWith(pattern)) ?? [];
  const [outcome, why] = met(row) ? ['met', ''] : ['**missed**', bound ?? row.note ?? ''];
  const elsewhere = others.map(({ results }) => {
    const same = find(results, one.name)?.rows.find(
      ({ group, label }) => group === row.group && label === row.label,
    );
    return same ? measuredOf(same) : '–';
  });
  return [one.name, words, wantedOf(row), measuredOf(row), outcome, ...elsewhere, why];
}

const measuredOf = ({ value, unit }: Row): string => `${spread(value)} ${unit}`.trim();

/** Tables of a section, one a group, with a column for each adapter that has it. */
function section(name: string, measured: readonly Measured[]): string {
  const having = measured.flatMap(({ name: adapter, results }) => {
    const one = find(results, name);
    return one ? [{ adapter, one, results }] : [];
  });
  const failed = having.flatMap(({ adapter, one }) =>
    one.error === undefined ? [] : [`*Not measured on ${adapter}: ${one.error}*`],
  );
  const rows = having.flatMap(({ one }) => one.rows);
  const groups = [...groupBy(rows, ({ group }) => group ?? '').keys()];
  const tables = groups.map((group) => groupTable(group, having));
  return [...failed, ...tables].join('\n\n');
}

interface Having {
  readonly adapter: string;
  readonly one: SectionResult;
  readonly results: Results;
}

function groupTable(group: string, having: readonly Having[]): string {
  const inGroup = having.map(({ one }) => one.rows.filter((row) => (row.group ?? '') === group));
  const labels = [...new Set(inGroup.flatMap((rows) => rows.map(({ label }) => label)))];
  const most = inGroup.flat().some(({ kernel }) => kernel) ? shown : labels.length;
  const lines = labels.slice(0, most).map((label) => {
    const rows = inGroup.map((all) => all.find((row) => row.label === label));
    const { unit } = rows.find((row) => row !== undefined)!;
    const values = rows.map((row, index) => (row ? cell(row, having[index]!.results) : '–'));
    const note = rows.find((row) => row?.note && !row.kernel)?.note ?? '';
    return [label, ...values, unit, note];
  });
  const rest = labels.length > most ? `\n\nand ${labels.length - most} more in the JSON.` : '';
  const head = [group || 'median (lowest–highest)', ...having.map(({ adapter }) => adapter), '', ''];
  return `${markdown(head, lines)}${rest}`;
}

/** A figure; of a kernel also its rate, as a share of the ceiling that is nearer. */
function cell(row: Row, results: Results): string {
  const ceilings = measuredCeilings(results);
  if (!row.kernel || !ceilings) return spread(row.value);
  const { rate, unit, share } = nearest(row.kernel, ceilings);
  return `${spread(row.value)}; ${figure(rate)} ${unit}, ${percent(share)}`;
}

const line = (cells: readonly string[]): string =>
  `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
