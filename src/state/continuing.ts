import { createStore } from 'zustand/vanilla';
import { PareError } from '../lib/assert.ts';
import type { SessionAbout } from '../storage/about.ts';
import { dataStore, loadData, readColumns } from './data.ts';
import type { Columns } from './data.ts';
import { library } from './library.ts';
import { hold, release } from './locks.ts';
import { loadModel, modelStore } from './model.ts';
import { reportError, withdraw } from './notices.ts';
import { isSame, recognise } from './recognise.ts';
import { follow, isRunning, runStore } from './run.ts';
import { liveRun } from './session.ts';

export const continueStore = createStore<{
  /** Its model and data are being opened. */
  opening: boolean;
  /** A session that is continued as soon as its model and data are open. */
  waiting: Pick<SessionAbout, 'id' | 'model' | 'data'> | null;
}>(() => ({ opening: false, waiting: null }));

export const isElsewhere = (what = 'This session'): PareError =>
  new PareError(
    'session-elsewhere',
    `${what} is open in another tab.`,
    'Go on in that tab, or close it and try again here.',
  );

export const isBusy = (): PareError =>
  new PareError('session-busy', 'A run is going on.', 'Stop it first, or open the session in another tab.');

let stopWaiting: (() => void) | null = null;

/**
 * Goes on with a kept session: opens the model and the data that the library keeps, or asks for them, and lets the worker
 * continue. `columns`: of its log. Resolves when the run is over, or when it is clear that something must be dropped first.
 */
export async function continueEntry(about: SessionAbout, columns?: Columns | null): Promise<void> {
  if (continueStore.getState().opening) return;
  cancelContinue();
  if (isRunning()) return reportError(isBusy());
  if (about.state === 'none') return reportError(logOnly());
  continueStore.setState({ opening: true });
  try {
    if (!(await hold(about.id))) throw isElsewhere();
    withdraw('session');
    const isOpen = await openKept(about, columns);
    if (isOpen) await readColumns(columns);
    continueStore.setState({ opening: false });
    if (isOpen) await goOn(about.id);
    else wait(about, columns);
  } catch (error) {
    continueStore.setState({ opening: false });
    letGo(about.id);
    reportError(error);
  }
}

function letGo(entry: string): void {
  if (liveRun()?.entry !== entry) release(entry);
}

const logOnly = (): PareError =>
  new PareError(
    'session-log-only',
    'Only the log of this session is kept, not its adapters.',
    'Run its recipe again, with the same seed.',
  );

async function goOn(entry: string): Promise<void> {
  // Opening takes a while, in which something else may have been started.
  if (isRunning()) throw isBusy();
  await follow(entry, (client, onEvents, onTrouble) => client.continueSession(entry, onEvents, onTrouble));
}

/** Opens what the library keeps; whether that is all that is needed. */
async function openKept({ model, data }: SessionAbout, columns: Columns | null = null): Promise<boolean> {
  const kept = await library();
  const open = matches({ model, data });
  if (open.model !== 'same' && (await kept.kept('models', model.sha256)))
    await loadModel({ stored: model.sha256 }, model.name);
  if (open.data !== 'same' && (await kept.kept('data', data.sha256)))
    await loadData({ stored: data.sha256 }, columns, data.name);
  return isSame(matches({ model, data }));
}

const matches = (wanted: Pick<SessionAbout, 'model' | 'data'>) =>
  recognise(wanted, { model: modelStore.getState().summary, data: dataStore.getState().summary });

function giveUp(): void {
  if (isRunning()) cancelContinue();
}

function wait(about: SessionAbout, columns: Columns | null | undefined): void {
  const { id, model, data } = about;
  continueStore.setState({ waiting: { id, model, data } });
  const look = () => {
    if (!isSame(matches(about))) return;
    stopListening();
    continueStore.setState({ waiting: null });
    readColumns(columns)
      .then(() => goOn(id))
      .catch((error: unknown) => {
        letGo(id);
        reportError(error);
      });
  };
  const stops = [modelStore.subscribe(look), dataStore.subscribe(look), runStore.subscribe(giveUp)];
  const stopListening = () => {
    for (const stop of stops) stop();
    stopWaiting = null;
  };
  stopWaiting = () => {
    stopListening();
    continueStore.setState({ waiting: null });
    letGo(id);
  };
}

/** No longer waits for a model or data. */
export function cancelContinue(): void {
  stopWaiting?.();
}
