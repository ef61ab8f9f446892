import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { viewOf } from '../session/reduce.ts';
import { logFixture } from '../session/session.testing.ts';
import { closeSession, inspect, receive, sessionLog, sessionStore, showSession } from './session.ts';

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

describe('a session from elsewhere', () => {
  it('is shown at once, and says where it came from', () => {
    showSession(log, 'link');
    expect(sessionStore.getState()).toMatchObject({ origin: 'link', view: { status: 'finished' } });
  });
});
