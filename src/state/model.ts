import { createStore } from 'zustand/vanilla';
import type { DroppedFile, ModelSummary } from '../workers/studio.protocol.ts';
import { engine } from './engine.ts';
import { notify, reportError, withdraw } from './notices.ts';
import { forgetScore } from './scoreStore.ts';

/** The open model. A model that fails to open leaves the one before in place. */
export const modelStore = createStore<{ loading: string | null; summary: ModelSummary | null }>(() => ({
  loading: null,
  summary: null,
}));

export async function openModel(source: DroppedFile[] | 'demo'): Promise<void> {
  if (modelStore.getState().loading !== null) return;
  modelStore.setState({ loading: source === 'demo' ? 'the demo model' : nameOf(source) });
  try {
    const client = await engine();
    const summary = await client.openModel(source);
    withdraw('model');
    forgetScore();
    modelStore.setState({ summary });
    for (const warning of summary.warnings) notify('model-warning', warning);
  } catch (error) {
    reportError(error);
  } finally {
    modelStore.setState({ loading: null });
  }
}

function nameOf(files: DroppedFile[]): string {
  const path = files[0]?.path ?? 'the model';
  return path.split('/')[0] ?? path;
}
