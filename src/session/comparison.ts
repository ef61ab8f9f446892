import { seedGroups } from './comparisonGroups.ts';
import { rowsOfGroup } from './comparisonRows.ts';
import type { ComparedRun, ComparisonRow } from './comparisonSchema.ts';
import type { ResultRow } from './events.ts';
import { readableRows } from './table.ts';
import { sameGenome } from './view.ts';
import type { SessionView } from './view.ts';

/** Rows that may stand in one table: same model, same data file, same metric. */
export interface Section {
  readonly model: ComparisonRow['model'];
  readonly data: ComparisonRow['data'];
  readonly metric: ComparisonRow['metric'];
  readonly rows: readonly ComparisonRow[];
}

/** null where the run is not finished, or has no results. */
export function comparedRun(view: SessionView): ComparedRun | null {
  const { status, recipe, model, data, metric, date, results, chosen } = view;
  if (status !== 'finished' || !recipe || !model || !data || results.length === 0) return null;
  const isEarlier = (row: ResultRow) =>
    row.tag === 'chosen' && chosen !== null && !sameGenome(row.genome, chosen.genome);
  const rows = readableRows(view).filter((row) => !isEarlier(row));
  return { date: date ?? '', recipe, metric, model, data, rows };
}

/**
 * The results of several runs as one list of rows, in sections (`sectionsOf`).
 *
 * - Runs that differ in nothing but their seed are one group: each of its rows is a mean with its deviation. A seed that
 *   was run twice counts once (its latest run): the same run again is no second sample.
 * - Further *test sets* of one run are columns beside its score, with their average, as in the papers' tables: it is the
 *   same model that was tested. Runs on another data *file* trained another model, whose costs differ too, so they are a
 *   section of their own.
 * - What several runs of a section measured alike (w/o tune, LoRA) is shown once.
 */
export function compareRuns(runs: readonly ComparedRun[]): ComparisonRow[] {
  const groups = seedGroups(runs);
  const rows = groups.flatMap((group) => rowsOfGroup(group, runs));
  return sectionsOf(withoutRepeats(rows)).flatMap((section) => section.rows);
}

/** In the order in which they first come. */
export function sectionsOf(rows: readonly ComparisonRow[]): Section[] {
  const sections = new Map<string, Section & { rows: ComparisonRow[] }>();
  for (const row of rows) {
    const { model, data, metric } = row;
    const key = [model.sha256, data.sha256, metric].join(' ');
    const section = sections.get(key) ?? { model, data, metric, rows: [] };
    section.rows.push(row);
    sections.set(key, section);
  }
  return [...sections.values()];
}

const references: readonly ComparisonRow['tag'][] = ['untuned-dense', 'untuned', 'lora'];

/**
 * Reference rows that measured the same as an earlier one of their section are left out, whichever recipe they came with.
 * Where those recipes' LoRAs differ, the row that stays is relative to none of them.
 */
function withoutRepeats(rows: readonly ComparisonRow[]): ComparisonRow[] {
  const kept = new Map<string, ComparisonRow>();
  for (const row of rows) {
    const { method, variant, relative, ...measured } = row;
    const isReference = references.includes(row.tag);
    const key = JSON.stringify(isReference ? measured : [method, variant, measured]);
    const known = kept.get(key);
    if (!known) kept.set(key, row);
    else if (known.relative?.mean !== relative?.mean) kept.set(key, { ...known, relative: null });
  }
  return [...kept.values()];
}
