import { createStore } from 'zustand/vanilla';
import { aboutOf } from '../storage/about.ts';
import type { SessionAbout } from '../storage/about.ts';
import type { SessionLibrary } from '../storage/library.ts';
import { historyStore } from './history.ts';
import type { KeptRun } from './history.ts';
import { heldElsewhere } from './locks.ts';
import { reportError } from './notices.ts';
import { sessionStore } from './session.ts';

export interface OpenedLibrary {
  library: SessionLibrary;
  /** Why what is kept lasts only as long as the page; null where it outlives it. */
  notice: string | null;
  /** Asks the browser not to clear it away; some ask the user then. */
  persist: () => Promise<boolean>;
}

export interface LibraryEntry extends SessionAbout {
  /** A run of this page that storage did not take. */
  pageOnly: boolean;
}

interface LibraryState {
  /** Whether the Sessions shelf is open. */
  shown: boolean;
  /** False until it was read once. */
  read: boolean;
  notice: string | null;
  /** The latest first. */
  entries: readonly LibraryEntry[];
  /** Entries that other tabs work on. */
  elsewhere: ReadonlySet<string>;
  bytes: number;
}

export const libraryStore = createStore<LibraryState>(() => ({
  shown: false,
  read: false,
  notice: null,
  entries: [],
  elsewhere: new Set(),
  bytes: 0,
}));

let open: (() => Promise<OpenedLibrary>) | null = null;
let opened: Promise<OpenedLibrary> | null = null;

/** How to open the library; it is opened when it is first needed. */
export function provideLibrary(how: () => Promise<OpenedLibrary>): void {
  open = how;
  opened = null;
}

export async function library(): Promise<SessionLibrary> {
  return (await openOnce()).library;
}

let asked = false;

/** Once there is something to lose. What is refused stays for as long as the browser likes. */
export async function askToKeep(): Promise<void> {
  if (asked) return;
  asked = true;
  await openOnce().then(
    ({ persist }) => persist(),
    () => undefined,
  );
}

function openOnce(): Promise<OpenedLibrary> {
  if (!open) throw new Error('provideLibrary was not called');
  opened ??= open().catch((error: unknown) => {
    opened = null;
    throw error;
  });
  return opened;
}

/** Reads the library anew. What it holds changes in the worker and in other tabs, which say nothing. */
export async function refreshLibrary(): Promise<void> {
  try {
    const { library: kept, notice } = await openOnce();
    const [sessions, bytes, elsewhere] = await Promise.all([kept.list(), kept.bytes(), heldElsewhere()]);
    libraryStore.setState({ read: true, notice, entries: withRuns(sessions), bytes, elsewhere });
  } catch (error) {
    reportError(error);
  }
}

/** For the user, the runs of this page and the library are one thing. */
function withRuns(sessions: readonly SessionAbout[]): LibraryEntry[] {
  const kept = new Set(sessions.map(({ id }) => id));
  const others = historyStore.getState().runs.filter(({ entry }) => entry !== null && !kept.has(entry));
  const entries = [
    ...sessions.map((about) => ({ ...about, pageOnly: false })),
    ...others.map((run) => ({ ...aboutRun(run), pageOnly: true })),
  ];
  return entries.toSorted((a, b) => (a.updated < b.updated ? 1 : -1));
}

const aboutRun = ({ entry, log }: KeptRun): SessionAbout => {
  const updated = log[0]?.type === 'started' ? log[0].date : '';
  return aboutOf(log, { id: entry ?? '', name: '', bytes: 0, state: 'none', updated });
};

export const entryOf = (id: string): LibraryEntry | undefined =>
  libraryStore.getState().entries.find((entry) => entry.id === id);

export function showLibrary(shown: boolean): void {
  libraryStore.setState({ shown });
  if (shown) void refreshLibrary();
}

/** Reads it again where somebody looks at it. */
export function refreshShown(): void {
  if (libraryStore.getState().shown) void refreshLibrary();
}

/** Reads the library again whenever a run has come further, while it is shown; gives back how to stop that. */
export function keepLibrary(): () => void {
  const stops = [
    historyStore.subscribe(refreshShown),
    sessionStore.subscribe((now, before) => {
      const stages = now.view.stages.length !== before.view.stages.length;
      if (stages || now.view.status !== before.view.status || now.entry !== before.entry) refreshShown();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
