import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { logFixture } from '../session/session.testing.ts';
import type { SessionEvent } from '../session/events.ts';
import { encodeLink } from '../session/link.ts';
import type { SessionLibrary } from '../storage/library.ts';
import { clientFixture, replay } from './client.testing.ts';
import { compareStore, stopComparing } from './compare.ts';
import { openData } from './data.ts';
import { droppedStore } from './dropped.ts';
import { provideEngine } from './engine.ts';
import { historyStore } from './history.ts';
import * as kept from './kept.ts';
import { keepLibrary, libraryStore, provideLibrary, refreshLibrary, showLibrary } from './library.ts';
import { openModel } from './model.ts';
import { noticeStore } from './notices.ts';
import { providePlatform } from './platform.ts';
import { startRun } from './run.ts';
import { closeSession, loseLiveRun, sessionStore } from './session.ts';
import { openLink, openSessionFile, readSession, saveSession } from './share.ts';
import { keepLookingUp, shownStore } from './shownEntry.ts';
import { keepFixture, libraryFixture, locksFixture, pageFixture } from './tabs.testing.ts';

const log = logFixture();
/** The same recipe at another time. */
const later = (date = '2026-11-23T09:00:00.000Z'): SessionEvent[] =>
  log.map((event) => (event.type === 'started' ? { ...event, date } : event));
const alerts = () => noticeStore.getState().notices.map(({ code }) => code);
const names = () => libraryStore.getState().entries.map(kept.nameOf);

let library: SessionLibrary;
let page: ReturnType<typeof pageFixture>;

beforeEach(() => {
  vi.stubGlobal('navigator', { locks: locksFixture() });
  library = libraryFixture();
  page = pageFixture();
  providePlatform(page);
  provideEngine(() => clientFixture({ run: replay(log) }));
  noticeStore.setState({ notices: [] });
  loseLiveRun();
  closeSession();
  historyStore.setState({ runs: [] });
  droppedStore.setState({ file: null, resumable: false });
  libraryStore.setState({ shown: false, read: false, entries: [], bytes: 0 });
  stopComparing();
});
afterEach(() => vi.unstubAllGlobals());

describe('the library', () => {
  it('lists what is kept, the latest first, with all that it takes', async () => {
    await keepFixture(library, log, { id: 'a' });
    await keepFixture(library, later(), { id: 'b', name: 'Second try' });
    await refreshLibrary();
    expect(names()).toEqual(['Second try', 'LoNAS · pare-demo · seed 7']);
    expect(libraryStore.getState().bytes).toBeGreaterThan(1000);
    expect(libraryStore.getState().entries[0]).toMatchObject({ evaluations: 50, state: 'finished' });
  });

  it('has the runs of this page in it, kept or not', async () => {
    await openModel('demo');
    await openData('demo');
    const run = vi.fn(replay(log));
    provideEngine(() => clientFixture({ run }));
    await startRun();
    await refreshLibrary();
    const [entry] = libraryStore.getState().entries;
    expect(entry).toMatchObject({ pageOnly: true, state: 'none' });
    expect(run.mock.calls[0]?.[2]).toBe(entry!.id);
    await keepFixture(library, log, { id: entry!.id });
    await refreshLibrary();
    expect(libraryStore.getState().entries).toMatchObject([{ pageOnly: false, state: 'finished' }]);
  });

  it('is read again when a run comes further, while it is shown', async () => {
    const stop = keepLibrary();
    showLibrary(true);
    await vi.waitFor(() => expect(libraryStore.getState().read).toBe(true));
    await keepFixture(library, log);
    openLink(encodeLink(log).fragment);
    await vi.waitFor(() => expect(libraryStore.getState().entries).toHaveLength(1));
    stop();
  });

  it('says why nothing lasts, where storage is denied', async () => {
    libraryFixture('This browser keeps no sessions.');
    await refreshLibrary();
    expect(libraryStore.getState()).toMatchObject({ notice: 'This browser keeps no sessions.', entries: [] });
  });

  it('that cannot be opened is an alert, and tried again', async () => {
    const broken = new PareError('storage-denied', 'No storage.', 'Allow it.');
    provideLibrary(() => Promise.reject(broken));
    await refreshLibrary();
    expect(alerts()).toEqual(['storage-denied']);
    library = libraryFixture();
    await refreshLibrary();
    expect(libraryStore.getState().read).toBe(true);
  });
});

describe('an entry', () => {
  beforeEach(async () => {
    await keepFixture(library, log, { id: 'a' });
    await refreshLibrary();
  });

  it('opens read-only, without an engine', async () => {
    provideEngine(() => {
      throw new Error('not needed');
    });
    await kept.openKept('a');
    expect(sessionStore.getState()).toMatchObject({
      origin: 'kept',
      entry: 'a',
      view: { status: 'finished' },
    });
    expect(alerts()).toEqual([]);
  });

  it('is renamed, duplicated and deleted', async () => {
    await kept.renameSession('a', ' Mine ');
    await kept.duplicateSession('a');
    expect(names().toSorted()).toEqual(['Mine', 'Mine (copy)']);
    await kept.deleteSession('a');
    expect(names()).toEqual(['Mine (copy)']);
    expect(await library.file('a')).toBeNull();
  });

  it('is closed when it is deleted while it is shown', async () => {
    await kept.openKept('a');
    await kept.deleteSession('a');
    expect(sessionStore.getState()).toMatchObject({ origin: 'none', entry: null });
  });

  it('is not deleted while another tab works on it', async () => {
    const other = navigator.locks.request(
      'pare-session-a',
      { ifAvailable: true },
      () => new Promise(() => undefined),
    );
    void other;
    await kept.deleteSession('a');
    expect(alerts()).toEqual(['session-elsewhere']);
    await kept.forgetEverything();
    expect(await library.about('a')).not.toBeNull();
    expect([...libraryStore.getState().elsewhere]).toEqual(['a']);
  });

  it('that is gone says so', async () => {
    await library.remove('a');
    await kept.openKept('a');
    await kept.continueKept('a');
    expect(alerts()).toEqual(['session-missing']);
  });

  it('is saved as a file that opens with its checkpoint', async () => {
    await kept.saveKept('a');
    const [{ name, content }] = page.saved as [{ name: string; content: ReadableStream<Uint8Array> }];
    expect(name).toBe('LoNAS-pare-demo-seed-7.pare');
    const read = await readSession(await new Response(content).blob());
    expect(read.log).toEqual(log);
    expect(read.checkpoint).not.toBeNull();
  });

  it('is compared with another', async () => {
    await keepFixture(library, later(), { id: 'b', name: 'B' });
    await kept.compareSessions(['a']);
    expect(alerts()).toEqual(['session-compare']);
    await kept.compareSessions(['a', 'b']);
    const { sessions } = compareStore.getState();
    expect(sessions.map(({ id, name }) => [id, name])).toEqual([
      ['a', 'LoNAS · pare-demo · seed 7'],
      ['b', 'B'],
    ]);
    expect(sessions[0]?.view.front.length).toBeGreaterThan(2);
  });

  it('is forgotten with all others', async () => {
    await kept.openKept('a');
    await kept.forgetEverything();
    expect(libraryStore.getState()).toMatchObject({ entries: [], bytes: 0 });
    expect(sessionStore.getState().origin).toBe('none');
    expect(await library.list()).toEqual([]);
  });
});

describe('an opened link', () => {
  it('is recognised as the session of an entry', async () => {
    const stop = keepLookingUp();
    await keepFixture(library, log, { id: 'a' });
    openLink(encodeLink(log).fragment);
    await vi.waitFor(() => expect(shownStore.getState().about).toMatchObject({ id: 'a', state: 'finished' }));
    expect(sessionStore.getState().entry).toBe('a');
    openLink(encodeLink(later()).fragment);
    await vi.waitFor(() => expect(shownStore.getState().about).toBeNull());
    expect(sessionStore.getState().entry).toBeNull();
    stop();
  });

  it('says that another tab has it', async () => {
    const stop = keepLookingUp();
    await keepFixture(library, log, { id: 'a' });
    void navigator.locks.request('pare-session-a', { ifAvailable: true }, () => new Promise(() => undefined));
    openLink(encodeLink(log).fragment);
    await vi.waitFor(() => expect(shownStore.getState().elsewhere).toBe(true));
    stop();
  });

  it('is kept when the user wants it, as its log', async () => {
    openLink(encodeLink(log).fragment);
    const about = await kept.keepShown();
    expect(await library.about(about!.id)).toMatchObject({ state: 'none', evaluations: 50 });
    expect(sessionStore.getState().entry).toBe(about!.id);
  });
});

describe('an opened file', () => {
  it('is shown at once, and given to the worker when it is kept', async () => {
    await keepFixture(library, log, { id: 'a' });
    const source = (await library.file('a'))!;
    const file = new Blob([await source.read(0, source.size)]);
    const importSession = vi.fn(async () => {
      await keepFixture(library, log, { id: 'b' });
      return { id: 'b', log, state: 'finished' as const };
    });
    provideEngine(() => clientFixture({ importSession }));
    await openSessionFile(file);
    expect(sessionStore.getState()).toMatchObject({ origin: 'file', entry: null });
    expect(droppedStore.getState().resumable).toBe(true);
    expect(importSession).not.toHaveBeenCalled();
    await saveSession();
    expect(page.saved[0]?.content).toBeInstanceOf(ReadableStream);
    expect(await kept.keepShown()).toMatchObject({ id: 'b', state: 'finished' });
    expect(importSession).toHaveBeenCalledExactlyOnceWith(file);
  });

  it('that the worker refuses is not kept', async () => {
    const refused = new PareError('file-damaged', 'A checksum is wrong.', 'Save it again.');
    provideEngine(() => clientFixture({ importSession: () => Promise.reject(refused) }));
    openLink(encodeLink(log).fragment);
    droppedStore.setState({ file: new Blob(), resumable: true });
    expect(await kept.keepShown()).toBeNull();
    expect(alerts()).toEqual(['file-damaged']);
    expect(await library.list()).toEqual([]);
  });
});
