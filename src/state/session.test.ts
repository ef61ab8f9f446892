import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { viewOf } from '../session/reduce.ts';
import { logFixture } from '../session/session.testing.ts';
import { historyStore } from './history.ts';
import {
  closeSession,
  expectRun,
  inspect,
  loseLiveRun,
  receive,
  sessionLog,
  sessionStore,
  showRun,
  showSession,
} from './session.ts';

const log = logFixture();
const view = () => sessionStore.getState().view;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  closeSession();
});
afterEach(() => vi.useRealTimers());

describe('a live session', () => {
  it('reaches React at most ten times a second', () => {
    let updates = 0;
    const stop = sessionStore.subscribe(() => updates++);
    for (let time = 0; time < 2000; time += 5) {
      receive(time === 0 ? log.slice(0, 1) : [{ type: 'losses', at: time, from: time, values: [1] }]);
      vi.advanceTimersByTime(5);
    }
    stop();
    expect(updates).toBeGreaterThan(15);
    expect(updates).toBeLessThanOrEqual(21);
  });

  it('shows the whole log in the end', () => {
    for (const event of log) receive([event]);
    vi.advanceTimersByTime(200);
    expect(view()).toEqual(viewOf(log));
    expect(viewOf(sessionLog())).toEqual(viewOf(log));
  });

  it('starts anew with a new run, whatever was on the page', () => {
    showSession(log, 'link');
    inspect(3);
    receive(log.slice(0, 2));
    vi.advanceTimersByTime(200);
    expect(sessionStore.getState()).toMatchObject({
      origin: 'run',
      inspected: null,
      view: { status: 'running', points: [] },
    });
    expect(sessionLog()).toHaveLength(2);
  });
});

describe('a log that comes again', () => {
  const shown = () => sessionStore.getState();

  it('takes the place of what there was of it, and is the same run', () => {
    expectRun('a');
    receive(log.slice(0, 60));
    vi.advanceTimersByTime(200);
    const { id } = shown();
    inspect(2);
    expectRun('a');
    const recovered = {
      type: 'recovered',
      at: 9000,
      cause: 'worker-lost',
      message: 'The engine stopped.',
      device: { backend: 'cpu', adapter: 'test' },
      exact: true,
      accumulation: 1,
    } as const;
    receive([...log.slice(0, 50), recovered]);
    vi.advanceTimersByTime(200);
    expect(shown()).toMatchObject({ id, entry: 'a', inspected: 2, view: { status: 'running' } });
    expect(view().recoveries).toHaveLength(1);
    expect(viewOf(sessionLog())).toEqual(view());
    receive(log.slice(50));
    vi.advanceTimersByTime(200);
    expect(historyStore.getState().runs.filter(({ entry }) => entry === 'a')).toHaveLength(1);
  });

  it('forgets a point that is not there any more', () => {
    expectRun('b');
    receive(log);
    vi.advanceTimersByTime(200);
    inspect(40);
    expectRun('b');
    receive(log.slice(0, 40));
    vi.advanceTimersByTime(200);
    expect(shown().inspected).toBeNull();
  });

  it('is the run of this page that it was, also after another one', () => {
    for (const entry of ['c', 'd', 'c']) {
      expectRun(entry);
      receive(log);
      vi.advanceTimersByTime(200);
    }
    const runs = historyStore.getState().runs.filter(({ entry }) => entry === 'c' || entry === 'd');
    expect(runs.map(({ entry }) => entry)).toEqual(['d', 'c']);
    expect(shown()).toMatchObject({ entry: 'c', id: runs[1]?.id, origin: 'run' });
    showRun(runs[0]!.id);
    expect(shown()).toMatchObject({ entry: 'd', origin: 'past' });
    showRun(runs[1]!.id);
    expect(shown().origin).toBe('run');
    loseLiveRun();
    expect(shown().origin).toBe('past');
  });
});

it('keeps its pace when the clock is set back by an hour', () => {
  receive(log.slice(0, 2));
  vi.advanceTimersByTime(200);
  vi.setSystemTime(Date.now() - 3_600_000);
  receive([{ type: 'losses', at: 900, from: 0, values: [1] }]);
  vi.advanceTimersByTime(100);
  expect(view().losses).toHaveLength(1);
});

describe('a session from elsewhere', () => {
  it('is shown at once, and says where it came from', () => {
    showSession(log, 'link');
    expect(sessionStore.getState()).toMatchObject({ origin: 'link', view: { status: 'finished' } });
  });
});
