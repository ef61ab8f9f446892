import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PareError } from '../lib/assert.ts';
import type { SessionEvent } from '../session/events.ts';
import { logFixture } from '../session/session.testing.ts';
import type { StudioClient } from '../workers/studio.protocol.ts';
import { clientFixture } from './client.testing.ts';
import { dataStore, openData } from './data.ts';
import { watchForCrashes } from './drive.ts';
import { deviceStore, provideEngine } from './engine.ts';
import { modelFixtures } from './fixtures.testing.ts';
import { historyStore } from './history.ts';
import { modelStore, openModel } from './model.ts';
import { noticeStore } from './notices.ts';
import { providePlatform } from './platform.ts';
import { runStore, startRun, stopRun } from './run.ts';
import { closeSession, liveRun, loseLiveRun, sessionStore } from './session.ts';
import { libraryFixture, locksFixture, pageFixture } from './tabs.testing.ts';
import { addTestSets, testSetStore } from './testSets.ts';

const log = logFixture();
const death = new PareError('worker-crashed', 'The engine stopped unexpectedly.', 'Reload the page.');
const notices = () => noticeStore.getState().notices.map(({ code }) => code);

/** How many engines were made, and how to kill the one that is there. */
let engines = 0;
let kill: () => void;
const opened: unknown[] = [];

/** Sends so much of the log, then the worker dies; with `null` it lives to the end. */
function send(
  events: readonly SessionEvent[],
  upTo: number | null,
): (onEvents: (e: SessionEvent[]) => void) => Promise<void> {
  return (onEvents) => {
    onEvents(events.slice(0, upTo ?? undefined));
    if (upTo === null) return Promise.resolve();
    kill();
    return Promise.reject(death);
  };
}

function begin(deaths: (number | null)[], overrides: Partial<StudioClient> = {}): void {
  const next = (onEvents: (events: SessionEvent[]) => void) => send(log, deaths.shift() ?? null)(onEvents);
  provideEngine((onCrash) => {
    engines++;
    kill = () => onCrash(death);
    return clientFixture({
      run: (_, onEvents) => next(onEvents),
      continueSession: (_, onEvents) => next(onEvents),
      openModel: (source) => Promise.resolve((opened.push(source), modelFixtures().model)),
      openData: (source) => Promise.resolve((opened.push(source), modelFixtures().data)),
      ...overrides,
    });
  });
}

let stopWatching: () => void;
beforeEach(async () => {
  vi.stubGlobal('navigator', { locks: locksFixture() });
  libraryFixture();
  providePlatform(pageFixture());
  noticeStore.setState({ notices: [] });
  loseLiveRun();
  closeSession();
  historyStore.setState({ runs: [] });
  testSetStore.setState({ loading: null, sets: [], sources: [] });
  engines = 0;
  opened.length = 0;
  stopWatching = watchForCrashes();
});
afterEach(() => {
  stopWatching();
  vi.unstubAllGlobals();
});

const file = { path: 'm/config.json', file: new Blob() };
async function openBoth(): Promise<void> {
  await openModel([file]);
  await openData('demo');
}

describe('an engine that dies in the middle of a run', () => {
  it('is replaced, given what was open, and the run goes on as the same one', async () => {
    begin([20, 40, null]);
    await openBoth();
    const id = vi.fn<(id: number | null) => void>();
    const stop = sessionStore.subscribe((state) => id(state.id));
    await startRun();
    stop();
    expect(engines).toBe(3);
    expect(opened).toEqual([[file], 'demo', [file], 'demo', [file], 'demo']);
    expect(sessionStore.getState().view).toMatchObject({ status: 'finished', error: null });
    expect(new Set(id.mock.calls.flat()).size).toBe(1);
    expect(historyStore.getState().runs).toHaveLength(1);
    expect(notices()).toEqual(['run-crashed']);
    expect(runStore.getState()).toMatchObject({ starting: false, stopping: false });
  });

  it('is given up when it dies again and again at the same place, with the log so far', async () => {
    begin([40, 40, 40, 40, 40]);
    await openBoth();
    await startRun();
    expect(engines).toBe(4);
    expect(sessionStore.getState().view).toMatchObject({
      status: 'failed',
      error: { remedy: 'Reload the page.' },
    });
    expect(sessionStore.getState().view.losses.length).toBeGreaterThan(0);
    expect(notices()[0]).toBe('worker-crashed');
    expect(modelStore.getState().summary).toBeNull();
    expect(sessionStore.getState().origin).toBe('past');
  });

  it('is replaced more often where the run gets further each time', async () => {
    begin([20, 25, 30, 35, 40, 45, null]);
    await openBoth();
    await startRun();
    expect(sessionStore.getState().view.status).toBe('finished');
  });

  it('is given the stored files where the dropped ones can no longer be read', async () => {
    const gone = new PareError('file-unreadable', 'It was moved.', 'Open it again.');
    let first = true;
    begin([20, null], {
      openModel: (source) => {
        opened.push(source);
        if (first || 'stored' in (source as object)) {
          first = false;
          return Promise.resolve(modelFixtures().model);
        }
        return Promise.reject(gone);
      },
    });
    await openBoth();
    await startRun();
    expect(opened).toContainEqual({ stored: modelFixtures().model.sha256 });
    expect(sessionStore.getState().view.status).toBe('finished');
  });

  it('ends the run where its session was kept nowhere, log and all', async () => {
    const missing = new PareError('session-missing', 'It is not kept.', 'Run it again.');
    begin([40], { continueSession: () => Promise.reject(missing) });
    await openBoth();
    await startRun();
    expect(sessionStore.getState().view).toMatchObject({
      status: 'failed',
      error: { message: 'It is not kept.' },
    });
    expect(historyStore.getState().runs).toHaveLength(1);
  });

  it('does not come back to life once the run was to be stopped', async () => {
    begin([40], {
      run: async (_, onEvents) => {
        await stopRun();
        await send(log, 40)(onEvents);
      },
    });
    await openBoth();
    await startRun();
    expect(sessionStore.getState().view.status).toBe('stopped');
    expect(runStore.getState().stopping).toBe(false);
  });

  it('gets the test sets again', async () => {
    const addTest = vi.fn<StudioClient['addTest']>(() => Promise.resolve(modelFixtures().data));
    begin([20, null], { addTest });
    await openBoth();
    await addTestSets([{ path: 'hard.jsonl', file: new Blob() }]);
    await startRun();
    expect(addTest.mock.calls.map(([{ path }]) => path)).toEqual(['hard.jsonl', 'hard.jsonl']);
  });
});

describe('an engine that dies with no run', () => {
  it('takes what was open with it, and the page says so', async () => {
    begin([null]);
    await openBoth();
    await startRun();
    kill();
    expect(deviceStore.getState().status).toBe('idle');
    expect(modelStore.getState().summary).toBeNull();
    expect(dataStore.getState().summary).toBeNull();
    expect(sessionStore.getState()).toMatchObject({ origin: 'past', view: { status: 'finished' } });
    expect(liveRun()).toBeNull();
    expect(notices()).toEqual(['worker-crashed']);
  });
});

it('says what a run that goes on has trouble with', async () => {
  begin([], {
    run: (_, onEvents, __, onTrouble) => {
      onEvents([...log]);
      onTrouble?.({ code: 'storage-full', message: 'The disk is full.', remedy: 'Delete sessions.' });
      return Promise.resolve();
    },
  });
  await openBoth();
  await startRun();
  expect(noticeStore.getState().notices).toMatchObject([{ kind: 'notice', code: 'storage-full' }]);
  expect(sessionStore.getState().view.status).toBe('finished');
});

it('holds the lock of the run whose model is at hand, and of no other', async () => {
  begin([null, null]);
  await openBoth();
  const held = async () => ((await navigator.locks.query()).held ?? []).map(({ name }) => name);
  await startRun(2);
  await vi.waitFor(async () => expect(await held()).toEqual([`pare-session-${liveRun()?.entry}`]));
  await openModel([file]);
  await vi.waitFor(async () => expect(await held()).toEqual([]));
  expect(sessionStore.getState().origin).toBe('past');
});
