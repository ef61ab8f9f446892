import { createStore } from 'zustand/vanilla';
import type { SessionView } from '../session/view.ts';
import { sessionStore } from './session.ts';

/** A session that stands beside others. */
export interface ComparedSession {
  /** Of the library's entry; any text that tells it from the others. */
  readonly id: string;
  readonly name: string;
  readonly view: SessionView;
}

/** The sessions that region Compare shows; empty where nothing is compared. The one that runs here is followed. */
export const compareStore = createStore<{ sessions: readonly ComparedSession[] }>(() => ({ sessions: [] }));

export function compare(sessions: readonly ComparedSession[]): void {
  stopFollowing?.();
  compareStore.setState({ sessions: [...sessions] });
  stopFollowing = sessionStore.subscribe(follow);
  // What is kept of a run is older than what is on the page.
  follow(sessionStore.getState());
}

let stopFollowing: (() => void) | null = null;

/** What has become since of a session that is on the page. */
function follow({ entry, origin, view }: ReturnType<typeof sessionStore.getState>): void {
  const { sessions } = compareStore.getState();
  const shown = sessions.find(({ id }) => id === entry);
  if (origin !== 'run' || !shown || shown.view === view || shown.view.date !== view.date) return;
  compareStore.setState({ sessions: sessions.map((each) => (each === shown ? { ...each, view } : each)) });
}

export function stopComparing(): void {
  stopFollowing?.();
  stopFollowing = null;
  compareStore.setState({ sessions: [] });
}
