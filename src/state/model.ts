import { createStore } from 'zustand/vanilla';
import type { DroppedFile, HubFiles, ModelSummary, StoredFiles } from '../workers/studio.protocol.ts';
import { engine } from './engine.ts';
import { notify, reportError, withdraw } from './notices.ts';
import { forgetScore } from './scoreStore.ts';
import { isRunActive, loseLiveRun } from './session.ts';

export type ModelSource = DroppedFile[] | 'demo' | StoredFiles | HubFiles;

/**
 * The open model. A model that fails to open leaves the one before in place. `source` is kept so that a new engine can
 * be given it again.
 */
export const modelStore = createStore<{
  loading: string | null;
  summary: ModelSummary | null;
  source: ModelSource | null;
}>(() => ({ loading: null, summary: null, source: null }));

export async function openModel(source: ModelSource): Promise<void> {
  if (modelStore.getState().loading !== null) return;
  try {
    await loadModel(source);
  } catch (error) {
    reportError(error, 'model');
  }
}

let loads = 0;

/** The same, for whoever can do something about its failure. `name`: what is said to be opened. */
export async function loadModel(source: ModelSource, name = nameOf(source)): Promise<ModelSummary> {
  loads++;
  modelStore.setState({ loading: name });
  try {
    const client = await engine();
    const summary = await client.openModel(source);
    withdraw('model');
    withdraw('drop');
    forgetScore();
    // The worker keeps a run for as long as its model is open; one that is going on is about to be continued.
    if (!isRunActive()) loseLiveRun();
    modelStore.setState({ summary, source });
    for (const warning of summary.warnings) notify('model-warning', warning);
    return summary;
  } finally {
    // One that was refused because of another ends before that.
    if (--loads === 0) modelStore.setState({ loading: null });
  }
}

function nameOf(source: ModelSource): string {
  if (source === 'demo') return 'the demo model';
  if ('hub' in source) return source.name;
  const path = Array.isArray(source) ? source[0]?.path : undefined;
  return path?.split('/')[0] ?? 'the model';
}
