import { createStore } from 'zustand/vanilla';
import type { DataSummary, DroppedFile } from '../workers/studio.protocol.ts';
import { dataStore } from './data.ts';
import { engine } from './engine.ts';
import { reportError, withdraw } from './notices.ts';

/** Further data sets that runs are only tested on, in the order in which they came. */
export const testSetStore = createStore<{ loading: string | null; sets: readonly DataSummary[] }>(() => ({
  loading: null,
  sets: [],
}));

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
  testSetStore.setState(({ sets }) => ({
    sets: [...sets.filter(({ sha256 }) => sha256 !== summary.sha256), summary],
  }));
}

/** A file laid out like the open data is read like it, whichever columns would be guessed. */
function columnsOfData({ columns, prompt, answer }: DataSummary): { prompt: string; answer: string } | null {
  const { summary } = dataStore.getState();
  if (!summary?.prompt || !summary.answer) return null;
  if (summary.prompt === prompt && summary.answer === answer) return null;
  const has = columns.includes(summary.prompt) && columns.includes(summary.answer);
  return has ? { prompt: summary.prompt, answer: summary.answer } : null;
}

export async function removeTestSet(sha256: string): Promise<void> {
  try {
    await (await engine()).removeTest(sha256);
    testSetStore.setState(({ sets }) => ({ sets: sets.filter((set) => set.sha256 !== sha256) }));
  } catch (error) {
    reportError(error);
  }
}
