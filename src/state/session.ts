import { createStore } from 'zustand/vanilla';
import type { SessionEvent } from '../session/events.ts';
import { appendToLog } from '../session/log.ts';
import { append, viewOf } from '../session/reduce.ts';
import { emptyView, isActive } from '../session/view.ts';
import type { SessionView } from '../session/view.ts';
import { historyStore, keepRun, runOfEntry } from './history.ts';
import { release } from './locks.ts';

/**
 * `run`: made here, with its model still in the worker. `past`: made here, before another one. `link`, `file` and
 * `kept` (in the library): opened. All but the first are read-only.
 */
export type Origin = 'none' | 'run' | 'past' | 'link' | 'file' | 'kept';

interface SessionState {
  view: SessionView;
  origin: Origin;
  /** Of a run that was made here. */
  id: number | null;
  /** The library's entry that holds it; null: none that is known of. */
  entry: string | null;
  /** The point looked at on the chart; not yet chosen for text and export. */
  inspected: number | null;
}

const nothing: SessionState = { view: emptyView, origin: 'none', id: null, entry: null, inspected: null };

export const sessionStore = createStore<SessionState>(() => nothing);

/** React hears of a run at most this often. */
const flushEvery = 100;
let log: SessionEvent[] = [];
let pending: SessionEvent[] = [];
let timer: ReturnType<typeof setTimeout> | null = null;
let flushed = -flushEvery;

interface Live {
  id: number;
  entry: string | null;
}
/** The run made here whose model the worker has. */
let live: Live | null = null;
/** The entry of the run that is about to begin, or to go on. */
let coming: string | null = null;
let runs = 0;

/** The log of the session on the page, shortened (`appendToLog`). Not to be changed. */
export function sessionLog(): readonly SessionEvent[] {
  flush();
  return log;
}

/** The next log that begins is that of this entry: a new run, or one that goes on and sends its whole log again. */
export function expectRun(entry: string): void {
  flush();
  coming = entry;
}

/** Events of a live run, in batches of any size. */
export function receive(events: readonly SessionEvent[]): void {
  pending.push(...events);
  // Not the time of day, which can be set back; and never longer than it would be for any clock.
  const wait = flushed + flushEvery - performance.now();
  timer ??= setTimeout(flush, Math.min(flushEvery, Math.max(0, wait)));
}

/** Brings everything received so far onto the page, now. */
export function flush(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  if (pending.length === 0) return;
  flushed = performance.now();
  const events = pending;
  pending = [];
  const restart = events.findLastIndex((event) => event.type === 'started');
  if (restart >= 0) begin(events.slice(restart));
  else {
    appendToLog(log, events);
    sessionStore.setState(({ view }) => ({ view: append(view, events) }));
  }
  const { view, origin } = sessionStore.getState();
  if (origin === 'run' && live && !isActive(view)) keepRun({ ...live, view, log });
}

/** A log from its start; one that comes again (a run that goes on) takes the place of what there was of it. */
function begin(events: readonly SessionEvent[]): void {
  const again = coming !== null && live?.entry === coming;
  if (!again) {
    if (live?.entry) release(live.entry);
    live = { id: (coming && runOfEntry(coming)?.id) || ++runs, entry: coming };
  }
  log = [];
  appendToLog(log, events);
  const view = viewOf(log);
  sessionStore.setState(({ inspected }) => ({
    view,
    origin: 'run',
    ...live,
    inspected: again && inspected !== null && inspected < view.points.length ? inspected : null,
  }));
}

/** Shows a session that came from elsewhere. */
export function showSession(
  events: readonly SessionEvent[],
  origin: 'link' | 'file' | 'kept',
  entry: string | null = null,
): void {
  flush();
  log = [...events];
  sessionStore.setState({ view: viewOf(log), origin, id: null, entry, inspected: null });
}

/** Shows a run of this page again; the live one with all that can be done with its model. */
export function showRun(id: number): void {
  flush();
  const run = historyStore.getState().runs.find((each) => each.id === id);
  if (!run || isRunActive()) return;
  log = [...run.log];
  const { view, entry } = run;
  sessionStore.setState({ view, origin: id === live?.id ? 'run' : 'past', id, entry, inspected: null });
}

export function closeSession(): void {
  flush();
  log = [];
  sessionStore.setState(nothing);
}

export const liveRun = (): Readonly<Live> | null => live;

/** The worker no longer has the model of the run made last: what there is of it can only be looked at. */
export function loseLiveRun(): void {
  if (live?.entry) release(live.entry);
  live = null;
  sessionStore.setState(({ origin }) => (origin === 'run' ? { origin: 'past' } : {}));
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
