import { viewOf } from '../session/reduce.ts';
import type { SessionEvent } from '../session/events.ts';
import { writeSavedSession } from '../session/saved-session.ts';
import { aboutOf } from '../storage/about.ts';
import type { SessionAbout } from '../storage/about.ts';
import type { SessionLibrary } from '../storage/library.ts';
import { memoryFolder } from '../storage/memory-folder.ts';
import { createLibrary } from '../storage/session-library.ts';
import { provideLibrary } from './library.ts';
import type { Platform } from './platform.ts';

/** What a browser gives the tabs of a site, for tests in Node. Never imported by shipped code. */

/** The part of the Web Locks that Pare uses. Node 20 has none. */
export function locksFixture(): { request: LockManager['request']; query: LockManager['query'] } {
  const held = new Set<string>();
  const request = async (
    name: string,
    { ifAvailable, signal }: LockOptions,
    take: (lock: Lock | null) => unknown,
  ) => {
    while (held.has(name)) {
      if (ifAvailable) return take(null);
      await new Promise((resolve) => setTimeout(resolve, 1));
      signal?.throwIfAborted();
    }
    held.add(name);
    try {
      return await take({ name, mode: 'exclusive' });
    } finally {
      held.delete(name);
    }
  };
  return {
    request: request as LockManager['request'],
    query: () =>
      Promise.resolve({ held: [...held].map((name) => ({ name, mode: 'exclusive' as const })), pending: [] }),
  };
}

/** A library in memory, provided to the stores. */
export function libraryFixture(notice: string | null = null): SessionLibrary {
  const library = createLibrary({ folder: memoryFolder() });
  provideLibrary(() => Promise.resolve({ library, notice, persist: () => Promise.resolve(true) }));
  return library;
}

/** Keeps a session as the worker does: with a checkpoint that has nothing in it yet, unless there is none. */
export async function keepFixture(
  library: SessionLibrary,
  log: readonly SessionEvent[],
  entry: Partial<SessionAbout> = {},
): Promise<SessionAbout> {
  const state = viewOf(log).status === 'finished' ? 'finished' : 'run';
  const about = {
    ...aboutOf(log, { id: 'one', name: '', bytes: 0, state, updated: '2026-11-22T10:00:00.000Z' }),
    ...entry,
  };
  const checkpoint = about.state === 'none' ? null : { log: [], records: [], partial: null };
  await library.save(about, writeSavedSession({ log, checkpoint }).stream);
  return about;
}

/** A page without a screen; `fragment` is its address, `saved` what it gave the user. */
export function pageFixture(): Platform & { fragment: string; saved: { name: string; content: unknown }[] } {
  const page = {
    fragment: '',
    saved: [] as { name: string; content: unknown }[],
    save: (name: string, content: unknown) => Promise.resolve(void page.saved.push({ name, content })),
    copy: () => Promise.resolve(true),
    address: {
      read: () => `https://pare.example/${page.fragment}`,
      replaceFragment: (next: string) => void (page.fragment = next),
      clearFragment: () => void (page.fragment = ''),
    },
  };
  return page;
}
