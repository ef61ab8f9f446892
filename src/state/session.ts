import { createStore } from 'zustand/vanilla';
import type { SessionEvent } from '../session/events.ts';
import { appendToLog } from '../session/log.ts';
import { append, viewOf } from '../session/reduce.ts';
import { emptyView, isActive } from '../session/view.ts';
import type { SessionView } from '../session/view.ts';
import { historyStore, keepRun } from './history.ts';

/**
 * `run`: made here, with its model still in the worker. `past`: made here, before another one. `link` and `file`:
 * opened. All but the first are read-only.
 */
export type Origin = 'none' | 'run' | 'past' | 'link' | 'file';

interface SessionState {
  view: SessionView;
  origin: Origin;
  /** Of a run that was made here. */
  id: number | null;
  /** The point looked at on the chart; not yet chosen for text and export. */
  inspected: number | null;
}

export const sessionStore = createStore<SessionState>(() => ({
  view: emptyView,
  origin: 'none',
  id: null,
  inspected: null,
}));

/** React hears of a run at most this often. */
const flushEvery = 100;
let log: SessionEvent[] = [];
let pending: SessionEvent[] = [];
let timer: ReturnType<typeof setTimeout> | null = null;
let flushed = 0;
/** The latest run made here: the one whose model the worker has. */
let latest = 0;

/** The log of the session on the page, shortened (`appendToLog`). Not to be changed. */
export function sessionLog(): readonly SessionEvent[] {
  flush();
  return log;
}

/** Events of a live run, in batches of any size. */
export function receive(events: readonly SessionEvent[]): void {
  pending.push(...events);
  if (timer !== null) return;
  // Clamped on both sides: a clock that is set back must not hold the page up.
  timer = setTimeout(flush, Math.min(flushEvery, Math.max(0, flushed + flushEvery - Date.now())));
}

/** Brings everything received so far onto the page, now. */
export function flush(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  if (pending.length === 0) return;
  flushed = Date.now();
  const events = pending;
  pending = [];
  const restart = events.findLastIndex((event) => event.type === 'started');
  if (restart >= 0) {
    log = [];
    latest++;
  }
  const fresh = restart >= 0 ? events.slice(restart) : events;
  appendToLog(log, fresh);
  sessionStore.setState(({ view, inspected }) => ({
    view: append(view, fresh),
    ...(restart >= 0 ? { origin: 'run' as const, id: latest, inspected: null } : { inspected }),
  }));
  const { view, origin } = sessionStore.getState();
  if (origin === 'run' && !isActive(view)) keepRun({ id: latest, view, log });
}

/** Shows a session that came from elsewhere. */
export function showSession(events: readonly SessionEvent[], origin: 'link' | 'file'): void {
  flush();
  log = [...events];
  sessionStore.setState({ view: viewOf(log), origin, id: null, inspected: null });
}

/** Shows a run of this page again; the latest one with all that can be done with its model. */
export function showRun(id: number): void {
  flush();
  const run = historyStore.getState().runs.find((each) => each.id === id);
  if (!run || isRunActive()) return;
  log = [...run.log];
  sessionStore.setState({ view: run.view, origin: id === latest ? 'run' : 'past', id, inspected: null });
}

export function closeSession(): void {
  flush();
  log = [];
  sessionStore.setState({ view: emptyView, origin: 'none', id: null, inspected: null });
}

export const isRunActive = (): boolean => {
  const { view, origin } = sessionStore.getState();
  return origin === 'run' && isActive(view);
};

/** A run made here that came to its end: its model is at hand, to choose from, to try and to export. */
export const isFinishedHere = ({ view, origin }: Pick<SessionState, 'view' | 'origin'>): boolean =>
  origin === 'run' && view.status === 'finished';

/** Looks at a point; the picture of its genes follows. */
export function inspect(index: number | null): void {
  sessionStore.setState({ inspected: index });
}
