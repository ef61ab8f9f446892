import { createStore } from 'zustand/vanilla';
import type { DataSummary, DroppedFile } from '../workers/studio.protocol.ts';
import { dataStore } from './data.ts';
import type { Columns } from './data.ts';
import { engine } from './engine.ts';
import { reportError, withdraw } from './notices.ts';

interface TestSource {
  sha256: string;
  file: DroppedFile;
  columns: Columns | null;
}

/** Further data sets that runs are only tested on, in the order in which they came; `sources`, to read them again. */
export const testSetStore = createStore<{
  loading: string | null;
  sets: readonly DataSummary[];
  sources: readonly TestSource[];
}>(() => ({ loading: null, sets: [], sources: [] }));

/** One after the other; a file that cannot be read does not keep the others out. */
export async function addTestSets(files: readonly DroppedFile[]): Promise<void> {
  if (testSetStore.getState().loading !== null) return;
  withdraw('test');
  try {
    for (const file of files) {
      testSetStore.setState({ loading: file.path });
      await add(file).catch(reportError);
    }
  } finally {
    testSetStore.setState({ loading: null });
  }
}

async function add(file: DroppedFile): Promise<void> {
  const client = await engine();
  const found = await client.addTest(file);
  const columns = columnsOfData(found);
  const summary = columns ? await client.addTest(file, columns) : found;
  const { sha256 } = summary;
  testSetStore.setState(({ sets, sources }) => ({
    sets: [...without(sets, sha256), summary],
    sources: [...without(sources, sha256), { sha256, file, columns }],
  }));
}

const without = <T extends { sha256: string }>(all: readonly T[], sha256: string): T[] =>
  all.filter((each) => each.sha256 !== sha256);

/** Gives a new engine the test sets of the one before. */
export async function reopenTestSets(): Promise<void> {
  const client = await engine();
  for (const { file, columns } of testSetStore.getState().sources) {
    await (columns ? client.addTest(file, columns) : client.addTest(file));
  }
}

/** A file laid out like the open data is read like it, whichever columns would be guessed. */
function columnsOfData({ columns, prompt, answer }: DataSummary): Columns | null {
  const { summary } = dataStore.getState();
  if (!summary?.prompt || !summary.answer) return null;
  if (summary.prompt === prompt && summary.answer === answer) return null;
  const has = columns.includes(summary.prompt) && columns.includes(summary.answer);
  return has ? { prompt: summary.prompt, answer: summary.answer } : null;
}

export async function removeTestSet(sha256: string): Promise<void> {
  try {
    await (await engine()).removeTest(sha256);
    testSetStore.setState(({ sets, sources }) => ({
      sets: without(sets, sha256),
      sources: without(sources, sha256),
    }));
  } catch (error) {
    reportError(error);
  }
}
