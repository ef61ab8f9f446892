import type { SessionEvent } from '../session/events.ts';
import type { SessionView } from '../session/view.ts';
import { toPareError } from '../workers/errors.ts';
import type { StudioClient } from '../workers/studio.protocol.ts';
import { dataStore, loadData } from './data.ts';
import { deviceStore, engine } from './engine.ts';
import { loadModel, modelStore } from './model.ts';
import { notify, withdraw } from './notices.ts';
import { expectRun, flush, isRunActive, loseLiveRun, receive, sessionStore } from './session.ts';
import { reopenTestSets, testSetStore } from './testSets.ts';

type Trouble = Parameters<NonNullable<Parameters<StudioClient['run']>[3]>>[0];

/** One call of the worker that makes a run go: `run` or `continueSession`. */
export type Begin = (
  client: StudioClient,
  onEvents: (events: SessionEvent[]) => void,
  onTrouble: (trouble: Trouble) => void,
) => Promise<void>;

interface DriveOptions {
  /** The library's entry that the run is kept in. */
  entry: string;
  begin: Begin;
  onEvents: () => void;
  /** Whether the user has asked for its end, which an engine that died has not heard. */
  isStopping: () => boolean;
}

/** An engine that dies so often at the same place of a run will do it again. */
const mostCrashes = 3;

/**
 * Lets a run go to its end. Where its engine dies, it goes on in a new one from its last checkpoint, as often as that
 * gets it any further. Rejects with what ended it.
 */
export async function drive({ entry, begin, onEvents, isStopping }: DriveOptions): Promise<void> {
  const goOn: Begin = (client, ...listeners) => client.continueSession(entry, ...listeners);
  let [next, furthest, crashes] = [begin, 0, 0];
  for (;;) {
    try {
      return await once(entry, next, onEvents);
    } catch (error) {
      flush();
      if (toPareError(error).code !== 'worker-crashed' || !isRunActive()) throw error;
      const reached = lengthOf(sessionStore.getState().view);
      crashes = reached > furthest ? 1 : crashes + 1;
      if (crashes > mostCrashes) throw giveUp(error);
      furthest = Math.max(furthest, reached);
      sayWhatHappened(error);
      await reopen(sessionStore.getState().view).catch((cause: unknown) => {
        throw giveUp(cause);
      });
      if (isStopping()) return receive([{ type: 'stopped', at: sessionStore.getState().view.elapsed }]);
      next = goOn;
    }
  }
}

async function once(entry: string, begin: Begin, onEvents: () => void): Promise<void> {
  const client = await engine();
  expectRun(entry);
  await begin(
    client,
    (events) => {
      receive(events);
      onEvents();
    },
    ({ code, message, remedy }) => {
      // Where the session itself is not kept, neither need its files be.
      withdraw('input-not-kept');
      notify(code, message, remedy);
    },
  );
}

/** How far a run has come, for comparison with itself. */
const lengthOf = ({ stages, losses, points }: SessionView): number =>
  stages.length + losses.length + points.length;

function sayWhatHappened(error: unknown): void {
  // The engine has said so already, with a remedy that is not needed now.
  withdraw('worker-crashed');
  notify('run-crashed', toPareError(error).message, 'The run goes on from its last checkpoint in a new one.');
}

/** A new engine is given what the old one had: the files that were dropped, or else those that the library keeps. */
async function reopen({ model, data }: SessionView): Promise<void> {
  const { source } = modelStore.getState();
  const { source: dataSource, columns } = dataStore.getState();
  const storedModel = { stored: model?.sha256 ?? '' };
  const storedData = { stored: data?.sha256 ?? '' };
  await loadModel(source ?? storedModel, model?.name).catch(() => loadModel(storedModel, model?.name));
  await loadData(dataSource ?? storedData, columns, data?.name).catch(() =>
    loadData(storedData, columns, data?.name),
  );
  await reopenTestSets();
}

/** A run that broke off without saying so itself (a dead worker) ends in its log, too. */
export function endInLog(error: unknown): void {
  flush();
  if (!isRunActive()) return;
  const { message, remedy } = toPareError(error);
  receive([{ type: 'failed', at: sessionStore.getState().view.elapsed, message, remedy }]);
  flush();
}

function giveUp(error: unknown): unknown {
  endInLog(error);
  closeAll();
  return error;
}

/** What a dead engine held is no longer open. A run that was going on is given another engine instead. */
export function watchForCrashes(): () => void {
  return deviceStore.subscribe((now, before) => {
    if (now.crashes > before.crashes && !isRunActive()) closeAll();
  });
}

function closeAll(): void {
  modelStore.setState({ summary: null, source: null });
  dataStore.setState({ summary: null, source: null, columns: null });
  testSetStore.setState({ sets: [], sources: [] });
  loseLiveRun();
}
