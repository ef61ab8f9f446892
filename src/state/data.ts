import { createStore } from 'zustand/vanilla';
import type { DataInfo } from '../session/events.ts';
import type { DataSummary, DroppedFile, HubFiles, StoredFiles } from '../workers/studio.protocol.ts';
import { engine } from './engine.ts';
import { reportError, withdraw } from './notices.ts';
import { fitRecipeToData } from './recipe.ts';
import { forgetScore } from './scoreStore.ts';

export type DataSource = DroppedFile | 'demo' | StoredFiles | HubFiles;

export interface Columns {
  prompt: string;
  answer: string;
  /** Of a log's: whether a data set known by these columns is read as one. It is, unless this says otherwise. */
  reading?: NonNullable<DataInfo['reading']>;
}

/** How a session's log says that its data was read. */
export const columnsOfLog = (data: DataInfo | null): Columns | null | undefined =>
  data?.columns && { ...data.columns, reading: data.reading ?? 'pair' };

/** The open data set; `source` and `columns` are kept so that it can be read again without dropping it again. */
export const dataStore = createStore<{
  loading: string | null;
  summary: DataSummary | null;
  source: DataSource | null;
  /** Where they were picked; null: as they were guessed. */
  columns: Columns | null;
}>(() => ({ loading: null, summary: null, source: null, columns: null }));

export async function openData(source: DataSource, columns?: Columns): Promise<void> {
  if (dataStore.getState().loading !== null) return;
  try {
    const { kind } = await loadData(source, columns ?? null);
    fitRecipeToData(kind);
  } catch (error) {
    reportError(error, 'data');
  }
}

/** The same, for whoever can do something about its failure. `name`: what is said to be opened. */
export async function loadData(
  source: DataSource,
  columns: Columns | null,
  name = nameOf(source),
): Promise<DataSummary> {
  dataStore.setState({ loading: name });
  try {
    const client = await engine();
    const summary = columns ? await client.openData(source, columns) : await client.openData(source);
    withdraw('data');
    withdraw('drop');
    forgetScore();
    dataStore.setState({ summary, source, columns });
    return summary;
  } finally {
    dataStore.setState({ loading: null });
  }
}

function nameOf(source: DataSource): string {
  if (source === 'demo') return 'the demo data';
  if ('hub' in source) return source.name;
  return 'path' in source ? source.path : 'the data';
}

export async function pickColumns(prompt: string, answer: string): Promise<void> {
  const { source } = dataStore.getState();
  if (source !== null) await openData(source, { prompt, answer });
}

/** Reads the open table by the columns that a session was made with; null: running text, undefined: not known. */
export async function readColumns(columns: Columns | null | undefined): Promise<void> {
  const { source, summary } = dataStore.getState();
  if (!columns || !source || !summary) return;
  const { prompt, answer, reading = 'published' } = columns;
  const alike = (summary.dataset === null) === (reading === 'pair');
  if (summary.prompt === prompt && summary.answer === answer && alike) return;
  await loadData(source, columns, summary.name);
}
