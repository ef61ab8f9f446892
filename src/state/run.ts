import { createStore } from 'zustand/vanilla';
import { PareError } from '../lib/assert.ts';
import type { DeviceInfo } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import { isCandidate } from '../session/view.ts';
import { shareInAddress } from './address.ts';
import { dataStore } from './data.ts';
import { drive, endInLog } from './drive.ts';
import type { Begin } from './drive.ts';
import { engine } from './engine.ts';
import { exportStore } from './exporting.ts';
import { askToKeep, refreshShown } from './library.ts';
import { hold, release } from './locks.ts';
import { modelStore } from './model.ts';
import { reportError, withdraw } from './notices.ts';
import { recipeStore } from './recipe.ts';
import { scoreStore } from './scoreStore.ts';
import { flush, inspect, isFinishedHere, isRunActive, liveRun, sessionStore } from './session.ts';
import { lookUp } from './shownEntry.ts';
import { toPareError } from '../workers/errors.ts';

interface RunState {
  /** What was asked of the worker and is not answered yet; buttons wait for it. */
  starting: boolean;
  /** The worker has not answered yet that a run is over: it may still be keeping it after the last event. */
  working: boolean;
  stopping: boolean;
  choosing: number | null;
  /** How many seeds Run goes through, one run each. */
  seeds: number;
  /** Where it is among several; null where there is only one. */
  queue: { place: number; of: number } | null;
}

export const runStore = createStore<RunState>(() => ({
  starting: false,
  working: false,
  stopping: false,
  choosing: null,
  seeds: 1,
  queue: null,
}));

export const mostSeeds = 10;
const seedsThereAre = 2 ** 32;

/** Gives back what is wrong with the number, or null. */
export function setSeeds(seeds: number): string | null {
  if (!Number.isInteger(seeds) || seeds < 1 || seeds > mostSeeds)
    return `A whole number from 1 to ${mostSeeds}.`;
  runStore.setState({ seeds });
  return null;
}

/** Resolves when the run is over, however it ended; with several seeds, when the last of their runs is. */
export async function startRun(seeds = runStore.getState().seeds): Promise<void> {
  if (isRunning()) return;
  const refusal = whyNot();
  if (refusal) {
    reportError(refusal);
    return;
  }
  withdraw('run');
  const { recipe } = recipeStore.getState();
  const of = Math.min(mostSeeds, Math.max(1, Math.round(seeds)));
  try {
    for (let place = 1; place <= of; place++) {
      runStore.setState({ queue: of > 1 ? { place, of } : null });
      const seed = (recipe.seed + place - 1) % seedsThereAre;
      if (!(await runRecipe({ ...recipe, seed }))) break;
    }
  } finally {
    runStore.setState({ queue: null });
  }
}

/** A run goes on, is about to, or has ended and is still being kept: the worker takes on nothing else. */
export function isRunning(): boolean {
  const { working, queue } = runStore.getState();
  return working || queue !== null || isRunActive();
}

export function whyNot(): PareError | null {
  if (!modelStore.getState().summary || !dataStore.getState().summary)
    return new PareError('run-incomplete', 'There is nothing to run on yet.', 'Open a model and data first.');
  if (scoreStore.getState().progress !== null)
    return new PareError('run-busy', 'The model is being scored.', 'Wait until that is done, or stop it.');
  return null;
}

/**
 * One run, kept in an entry of its own; whether it went to its end, so that another one may follow. `like`: what the run
 * that it reproduces was on.
 */
export function runRecipe(recipe: Recipe, like: DeviceInfo | null = null): Promise<boolean> {
  const entry = newEntry();
  return follow(entry, (client, onEvents, onTrouble) => client.run(recipe, onEvents, entry, onTrouble, like));
}

/** A name for an entry that no other has, in any browser. */
export const newEntry = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

/** Lets the worker make or continue a run, to the end; whether that is a finished one. */
export async function follow(entry: string, begin: Begin): Promise<boolean> {
  runStore.setState({ starting: true, working: true, stopping: false });
  // What was saved was of the run before.
  exportStore.setState({ file: null });
  let [failed, refused, stopped] = [false, false, false];
  try {
    await hold(entry);
    void askToKeep();
    const isStopping = () => runStore.getState().stopping;
    await drive({ entry, begin, onEvents: noticeStart, isStopping });
  } catch (error) {
    failed = true;
    refused = toPareError(error).code === 'busy';
    // A call that was refused has nothing to do with the run that is going on.
    if (liveRun()?.entry === entry && !refused) endInLog(error);
    reportError(error);
  } finally {
    stopped = runStore.getState().stopping;
    runStore.setState({ starting: false, working: false, stopping: false });
  }
  flush();
  if (liveRun()?.entry !== entry) release(entry);
  // What was refused because of it no longer is.
  if (!refused) withdraw('busy');
  shareInAddress();
  // By now the worker has kept what became of it.
  void lookUp();
  refreshShown();
  return !failed && !stopped && sessionStore.getState().view.status === 'finished';
}

/** A finished run that is continued stays finished: it has started when all of it is at hand, which is its end. */
function noticeStart(): void {
  if (!runStore.getState().starting) return;
  flush();
  if (isRunActive()) runStore.setState({ starting: false });
}

async function command(send: 'pause' | 'resume' | 'stop'): Promise<void> {
  try {
    const client = await engine();
    await client[send]();
  } catch (error) {
    reportError(error);
  }
}

export const pauseRun = (): Promise<void> => command('pause');
export const resumeRun = (): Promise<void> => command('resume');
export async function stopRun(): Promise<void> {
  runStore.setState({ stopping: true });
  await command('stop');
}

/**
 * Looks at a point and, where the run is over and its model at hand, makes it the chosen one: measured for the
 * table, ready for text and export.
 */
export async function choosePoint(index: number): Promise<void> {
  const { view } = sessionStore.getState();
  const point = view.points[index];
  if (!point) return;
  inspect(index);
  const { choosing, working } = runStore.getState();
  if (!isFinishedHere(sessionStore.getState()) || choosing !== null || working) return;
  if (view.chosen?.index === index || !isCandidate(point, view.groups)) return;
  runStore.setState({ choosing: index });
  try {
    const client = await engine();
    await client.choose(point.genome ?? []);
  } catch (error) {
    reportError(error);
  } finally {
    runStore.setState({ choosing: null });
    flush();
    shareInAddress();
  }
}
