import { createStore } from 'zustand/vanilla';
import type { DataSummary, DroppedFile } from '../workers/studio.protocol.ts';
import { engine } from './engine.ts';
import { reportError, withdraw } from './notices.ts';
import { fitRecipeToData } from './recipe.ts';
import { forgetScore } from './scoreStore.ts';

/** The open data set; `source` is kept so that other columns can be picked without dropping it again. */
export const dataStore = createStore<{
  loading: string | null;
  summary: DataSummary | null;
  source: DroppedFile | 'demo' | null;
}>(() => ({ loading: null, summary: null, source: null }));

export async function openData(
  source: DroppedFile | 'demo',
  columns?: { prompt: string; answer: string },
): Promise<void> {
  if (dataStore.getState().loading !== null) return;
  dataStore.setState({ loading: source === 'demo' ? 'the demo data' : source.path });
  try {
    const client = await engine();
    const summary = columns ? await client.openData(source, columns) : await client.openData(source);
    withdraw('data');
    forgetScore();
    dataStore.setState({ summary, source });
    fitRecipeToData(summary.kind);
  } catch (error) {
    reportError(error);
  } finally {
    dataStore.setState({ loading: null });
  }
}

export async function pickColumns(prompt: string, answer: string): Promise<void> {
  const { source } = dataStore.getState();
  if (source !== null) await openData(source, { prompt, answer });
}
