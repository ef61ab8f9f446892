import { createStore } from 'zustand/vanilla';
import { sessionKey } from '../storage/about.ts';
import type { SessionAbout } from '../storage/about.ts';
import { library, libraryStore, refreshLibrary } from './library.ts';
import { heldElsewhere, untilFree } from './locks.ts';
import { isRunActive, sessionLog, sessionStore } from './session.ts';

interface ShownEntry {
  /** What the library knows of the session on the page; null where it does not keep it. */
  about: SessionAbout | null;
  /** Another tab works on it; here it can only be looked at. */
  elsewhere: boolean;
}

const unknown: ShownEntry = { about: null, elsewhere: false };
export const shownStore = createStore<ShownEntry>(() => unknown);

let latest = 0;
let waiting: AbortController | null = null;

/** Looks the session on the page up in the library: by its entry, or by what it is (a link says no more). */
export async function lookUp(): Promise<void> {
  const question = ++latest;
  const answer = await find();
  if (question !== latest) return;
  shownStore.setState(answer);
  if (answer.about) sessionStore.setState({ entry: answer.about.id });
  waiting?.abort();
  waiting = null;
  if (answer.about && answer.elsewhere) void waitFor(answer.about.id);
}

/** The other tab may be closed while this one is in sight: then nobody comes back to it, and asks again. */
async function waitFor(entry: string): Promise<void> {
  waiting = new AbortController();
  try {
    await untilFree(entry, waiting.signal);
  } catch {
    return;
  }
  await lookUp();
  if (libraryStore.getState().shown) await refreshLibrary();
}

async function find(): Promise<ShownEntry> {
  const { origin, entry } = sessionStore.getState();
  const [started] = sessionLog();
  if (origin === 'none' || started?.type !== 'started') return unknown;
  try {
    const kept = await library();
    const about = entry === null ? await byKey(sessionKey(started)) : await kept.about(entry);
    return about ? { about, elsewhere: (await heldElsewhere()).has(about.id) } : unknown;
  } catch {
    // Whoever opens the shelf, or keeps a run, is told why.
    return unknown;
  }
}

/** Of several copies, the one that can be continued. */
async function byKey(key: string): Promise<SessionAbout | null> {
  const copies = (await (await library()).list()).filter((about) => about.key === key);
  return copies.find(({ state }) => state !== 'none') ?? copies[0] ?? null;
}

/** Looks again whenever another session is on the page, or the one on it has ended; gives back how to stop that. */
export function keepLookingUp(): () => void {
  return sessionStore.subscribe((now, before) => {
    const another = now.origin !== before.origin || now.view.date !== before.view.date;
    if (another || now.view.status !== before.view.status || (now.entry !== before.entry && !now.entry)) {
      if (!isRunActive()) void lookUp();
    }
  });
}
