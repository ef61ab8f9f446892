import { createStore } from 'zustand/vanilla';
import type { SessionAbout } from '../storage/about.ts';
import { library } from './library.ts';
import { heldElsewhere } from './locks.ts';
import { sessionStore } from './session.ts';

/** The latest run that broke off and can go on, offered where nothing else is on the page; null: there is none. */
export const interruptedStore = createStore<{ about: SessionAbout | null; dismissed: boolean }>(() => ({
  about: null,
  dismissed: false,
}));

/** Looks for it. A run that was stopped was meant to be; one that another tab works on has not broken off. */
export async function lookForInterrupted(): Promise<void> {
  if (interruptedStore.getState().dismissed) return;
  try {
    const [sessions, elsewhere] = await Promise.all([library().then((kept) => kept.list()), heldElsewhere()]);
    const about = sessions.find((each) => brokeOff(each) && !elsewhere.has(each.id)) ?? null;
    // By now something may have been opened.
    if (sessionStore.getState().origin === 'none') interruptedStore.setState({ about });
  } catch {
    // Whoever opens the shelf, or keeps a run, is told why.
  }
}

const brokeOff = ({ state, status }: SessionAbout): boolean =>
  state === 'run' && (status === 'running' || status === 'paused');

/** For as long as the page lasts. */
export function dismissInterrupted(): void {
  interruptedStore.setState({ about: null, dismissed: true });
}
