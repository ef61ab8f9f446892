import { createStore } from 'zustand/vanilla';
import { PareError } from '../lib/assert.ts';
import { isCandidate } from '../session/view.ts';
import { toPareError } from '../workers/errors.ts';
import { dataStore } from './data.ts';
import { engine } from './engine.ts';
import { modelStore } from './model.ts';
import { reportError, withdraw } from './notices.ts';
import { recipeStore } from './recipe.ts';
import { scoreStore } from './scoreStore.ts';
import { flush, inspect, isFinishedHere, isRunActive, receive, sessionStore } from './session.ts';
import { shareInAddress } from './share.ts';

/** What was asked of the worker and is not answered yet; buttons wait for it. */
export const runStore = createStore<{ starting: boolean; stopping: boolean; choosing: number | null }>(
  () => ({
    starting: false,
    stopping: false,
    choosing: null,
  }),
);

/** Resolves when the run is over, however it ended. */
export async function startRun(): Promise<void> {
  if (runStore.getState().starting || isRunActive()) return;
  if (!modelStore.getState().summary || !dataStore.getState().summary) {
    reportError(
      new PareError('run-incomplete', 'There is nothing to run on yet.', 'Open a model and data first.'),
    );
    return;
  }
  if (scoreStore.getState().progress !== null) {
    reportError(
      new PareError('run-busy', 'The model is being scored.', 'Wait until that is done, or stop it.'),
    );
    return;
  }
  runStore.setState({ starting: true });
  withdraw('run');
  try {
    const client = await engine();
    await client.run(recipeStore.getState().recipe, (events) => {
      if (events.length > 0) runStore.setState({ starting: false });
      receive(events);
    });
  } catch (error) {
    fail(error);
  } finally {
    flush();
    runStore.setState({ starting: false, stopping: false });
    shareInAddress();
  }
}

/** A run that broke off without saying so itself (a dead worker) ends in its log, too. */
function fail(error: unknown): void {
  flush();
  const { message, remedy } = toPareError(error);
  if (isRunActive()) receive([{ type: 'failed', at: sessionStore.getState().view.elapsed, message, remedy }]);
  reportError(error);
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
  if (
    !isFinishedHere(sessionStore.getState()) ||
    runStore.getState().choosing !== null ||
    view.chosen?.index === index
  )
    return;
  if (!isCandidate(point, view.groups)) return;
  runStore.setState({ choosing: index });
  try {
    const client = await engine();
    await client.choose(point.genome ?? []);
  } catch (error) {
    reportError(error);
  } finally {
    flush();
    runStore.setState({ choosing: null });
    shareInAddress();
  }
}
