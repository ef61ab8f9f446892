import { comparedRun, compareRuns } from '../session/comparison.ts';
import type { ComparisonRow } from '../session/comparisonSchema.ts';
import { comparisonCsv, comparisonJson, comparisonMarkdown } from '../session/comparisonTable.ts';
import { readableRows, toCsv, toMarkdown } from '../session/table.ts';
import type { SessionView } from '../session/view.ts';
import { historyStore } from './history.ts';
import type { KeptRun } from './history.ts';
import { sessionStore } from './session.ts';

export type TableFormat = 'markdown' | 'csv' | 'json';
/** The session that is shown, or all finished runs of this page. */
export type TableScope = 'run' | 'all';

/** Rows of the given runs that have finished, the latest recipe first. */
export const comparisonOf = (runs: readonly Pick<KeptRun, 'view'>[]): ComparisonRow[] =>
  compareRuns(runs.flatMap(({ view }) => comparedRun(view) ?? []));

/** The results as a text to paste or to save. */
export function tableText(format: TableFormat, scope: TableScope): string {
  if (scope === 'all') return comparisonText(format, comparisonOf(historyStore.getState().runs));
  const { view } = sessionStore.getState();
  return format === 'json' ? comparisonText('json', comparisonOf([{ view }])) : runText(format, view);
}

function runText(format: 'markdown' | 'csv', view: SessionView): string {
  return (format === 'csv' ? toCsv : toMarkdown)(readableRows(view), view.metric, view.proof);
}

function comparisonText(format: TableFormat, rows: readonly ComparisonRow[]): string {
  const write = { markdown: comparisonMarkdown, csv: comparisonCsv, json: comparisonJson }[format];
  return write(rows);
}
