import { createStore } from 'zustand/vanilla';
import { PareError } from '../lib/assert.ts';
import type { SessionEvent } from '../session/events.ts';
import { expectedOf, isSameDevice, missingFrom, reproductionOf, scoredOf } from '../session/reproduction.ts';
import type { Reproduction, ReproductionKind, ScoredGenome } from '../session/reproduction.ts';
import type { SessionView } from '../session/view.ts';
import { toPareError } from '../workers/errors.ts';
import { continueEntry, isBusy } from './continuing.ts';
import { columnsOfLog, dataStore, readColumns } from './data.ts';
import { droppedStore } from './dropped.ts';
import { engine } from './engine.ts';
import { keepShown } from './kept.ts';
import { modelStore } from './model.ts';
import { notify, reportError, withdraw } from './notices.ts';
import { isSame, recognise } from './recognise.ts';
import { changeRecipe } from './recipe.ts';
import { isRunning, runRecipe, startRun, stopRun } from './run.ts';
import { loseLiveRun, sessionLog, sessionStore, showSession } from './session.ts';
import { shownStore } from './shownEntry.ts';

export interface ReproductionState {
  /** What is done now; null: nothing. */
  doing: 'running' | 'scoring' | null;
  kind: ReproductionKind;
  /** Sub-networks scored, while they are. */
  progress: { done: number; total: number } | null;
  /** What is reproduced, to be shown again; null: nothing was asked for. */
  of: { view: SessionView; log: readonly SessionEvent[] } | null;
  result: Reproduction | null;
  /** Why there is no result. */
  problem: string | null;
}

const nothing: ReproductionState = {
  doing: null,
  kind: 'retrained',
  progress: null,
  of: null,
  result: null,
  problem: null,
};

export const reproductionStore = createStore<ReproductionState>(() => nothing);
const set = (state: Partial<ReproductionState>): void => reproductionStore.setState(state);

/** Runs the shown session's recipe again from its seed, and compares its front with what comes out. */
export function reproduce(): Promise<Reproduction | null> {
  return compareWith('retrained', async (view) => {
    if (!view.recipe) throw new Error('a session has a recipe');
    changeRecipe(view.recipe);
    set({ doing: 'running' });
    if (!(await runRecipe(view.recipe, view.device))) throw notFinished();
    const here = sessionStore.getState().view;
    const scored = scoredOf(here);
    const missing = await scoreMissing(missingFrom(scored, view));
    return { device: here.device, scored: [...scored, ...missing] };
  });
}

/** Scores the front of the shown session again, with its own adapters. */
export function verify(): Promise<Reproduction | null> {
  return compareWith('scored again', async () => {
    const entry = await entryOfShown();
    set({ doing: 'scoring' });
    const client = await engine();
    // Its adapters take the place of those of the run made last.
    loseLiveRun();
    const scored = await client.verifySession(entry, (done, total) => set({ progress: { done, total } }));
    return { device: await client.device(), scored };
  });
}

/** Ends either. */
export async function stopReproducing(): Promise<void> {
  const { doing } = reproductionStore.getState();
  if (doing === 'running') await stopRun();
  if (doing === 'scoring') await engine().then((client) => client.stop(), reportError);
}

export function closeReproduction(): void {
  if (reproductionStore.getState().doing !== null) return;
  stopWatching?.();
  set(nothing);
}

let stopWatching: (() => void) | null = null;

/** The verdict goes when a session is shown that it is not about: neither the given one nor the run that came of it. */
function closeWithAnother(of: SessionView): void {
  const about = [of.date, sessionStore.getState().view.date];
  stopWatching?.();
  const stop = sessionStore.subscribe(({ view }) => {
    if (!about.includes(view.date)) closeReproduction();
  });
  stopWatching = () => {
    stop();
    stopWatching = null;
  };
}

/** Back from the run that reproduced a session to that session. */
export function showReproduced(): void {
  const { of, doing } = reproductionStore.getState();
  if (of && doing === null && !isRunning()) showSession(of.log, 'link');
}

/** Runs the shown session's recipe on whatever is open. */
export async function runShownRecipe(): Promise<void> {
  const { recipe } = sessionStore.getState().view;
  if (!recipe) return;
  changeRecipe(recipe);
  await startRun(1);
}

/** Continues the shown session; a file is taken into the library first. */
export async function continueShown(): Promise<void> {
  if (isRunning()) return reportError(isBusy());
  const about = shownStore.getState().about ?? (await keepShown());
  if (about) await continueEntry(about, columnsOfLog(sessionStore.getState().view.data));
}

interface Outcome {
  device: SessionView['device'];
  scored: readonly ScoredGenome[];
}

async function compareWith(
  kind: ReproductionKind,
  score: (shared: SessionView) => Promise<Outcome>,
): Promise<Reproduction | null> {
  const { view } = sessionStore.getState();
  const refusal = whyNot(view);
  if (refusal) {
    reportError(refusal);
    return null;
  }
  withdraw('reproduce');
  stopWatching?.();
  set({ ...nothing, doing: 'scoring', kind, of: { view, log: sessionLog() } });
  try {
    await readColumns(columnsOfLog(view.data));
    const { device, scored } = await score(view);
    const sameDevice = device !== null && view.device !== null && isSameDevice(view.device, device);
    const result = reproductionOf(view, scored, { kind, sameDevice });
    set({ doing: null, progress: null, result });
    closeWithAnother(view);
    return result;
  } catch (error) {
    const { code, message } = toPareError(error);
    set({ doing: null, progress: null, problem: message });
    closeWithAnother(view);
    if (code !== 'stopped' && code !== 'reproduce-unfinished') reportError(error);
    return null;
  }
}

function whyNot(view: SessionView): PareError | null {
  if (isRunning() || reproductionStore.getState().doing !== null) return isBusy();
  if (expectedOf(view).length === 0)
    return new PareError(
      'reproduce-empty',
      'This session has scored no sub-network that could be compared.',
      'Run its recipe instead.',
    );
  const open = { model: modelStore.getState().summary, data: dataStore.getState().summary };
  if (isSame(recognise(view, open))) return null;
  const names = [view.model?.name, view.data?.name].filter(Boolean).join(' and ');
  return new PareError(
    'reproduce-other',
    `This session was made with ${names}, and something else is open.`,
    'Drop the same model and data, or run its recipe on what is open.',
  );
}

const notFinished = (): PareError =>
  new PareError(
    'reproduce-unfinished',
    'The run did not come to its end, so there is nothing to compare.',
    'Reproduce it again.',
  );

async function scoreMissing(missing: readonly ScoredGenome[]): Promise<ScoredGenome[]> {
  if (missing.length === 0) return [];
  set({ doing: 'scoring', progress: { done: 0, total: missing.length } });
  const client = await engine();
  return client.scoreGenomes(
    missing.map(({ genome }) => [...genome]),
    (done, total) => set({ progress: { done, total } }),
  );
}

async function entryOfShown(): Promise<string> {
  const { about } = shownStore.getState();
  if (about && about.state !== 'none') return about.id;
  const kept = droppedStore.getState().resumable ? await keepShown() : null;
  if (kept) {
    notify(
      'session-kept',
      'The file is among your sessions in this browser now.',
      'Verifying needs it there.',
    );
    return kept.id;
  }
  throw new PareError(
    'session-log-only',
    'This session came without its adapters.',
    'Reproduce it, or ask for its session file (.pare).',
  );
}
