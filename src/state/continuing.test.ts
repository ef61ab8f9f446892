import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bytesSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import { encodeLink } from '../session/link.ts';
import { logFixture } from '../session/session.testing.ts';
import type { SessionLibrary } from '../storage/library.ts';
import type { StudioClient } from '../workers/studio.protocol.ts';
import { clientFixture } from './client.testing.ts';
import { cancelContinue, continueStore } from './continuing.ts';
import { dataStore, openData } from './data.ts';
import { provideEngine } from './engine.ts';
import { modelFixtures } from './fixtures.testing.ts';
import { historyStore } from './history.ts';
import { continueKept } from './kept.ts';
import { modelStore, openModel } from './model.ts';
import { noticeStore } from './notices.ts';
import { providePlatform } from './platform.ts';
import { continueShown } from './reproduce.ts';
import { runStore } from './run.ts';
import { closeSession, liveRun, loseLiveRun, sessionStore } from './session.ts';
import { openLink } from './share.ts';
import { lookUp } from './shownEntry.ts';
import { keepFixture, libraryFixture, locksFixture, pageFixture } from './tabs.testing.ts';

const whole = logFixture();
const broken = logFixture({ finish: false });
const { model, data } = modelFixtures();
const alerts = () => noticeStore.getState().notices.map(({ code }) => code);
const resume = vi.fn<StudioClient['continueSession']>();
const open = { openModel: vi.fn<StudioClient['openModel']>(), openData: vi.fn<StudioClient['openData']>() };

let library: SessionLibrary;

beforeEach(() => {
  vi.stubGlobal('navigator', { locks: locksFixture() });
  library = libraryFixture();
  providePlatform(pageFixture());
  noticeStore.setState({ notices: [] });
  modelStore.setState({ loading: null, summary: null, source: null });
  dataStore.setState({ loading: null, summary: null, source: null, columns: null });
  cancelContinue();
  loseLiveRun();
  closeSession();
  historyStore.setState({ runs: [] });
  open.openModel.mockReset().mockResolvedValue(model);
  open.openData.mockReset().mockResolvedValue(data);
  resume.mockReset().mockImplementation((_, onEvents) => {
    onEvents([...whole]);
    return Promise.resolve();
  });
  provideEngine(() => clientFixture({ continueSession: resume, ...open }));
});
afterEach(() => vi.unstubAllGlobals());

const keepFiles = async () => {
  const file = [bytesSource('m/config.json', new Uint8Array(3))];
  await library.keep('models', model.sha256, file);
  await library.keep('data', data.sha256, file);
};

describe('a session that broke off', () => {
  it('goes on from its link after a reload, with the stored model and data', async () => {
    await keepFixture(library, broken, { id: 'a' });
    await keepFiles();
    openLink(encodeLink(broken).fragment);
    expect(sessionStore.getState()).toMatchObject({ origin: 'link', view: { status: 'running' } });
    await lookUp();
    await continueShown();
    expect(open.openModel).toHaveBeenCalledExactlyOnceWith({ stored: model.sha256 });
    expect(open.openData).toHaveBeenCalledExactlyOnceWith({ stored: data.sha256 });
    expect(resume.mock.calls[0]?.[0]).toBe('a');
    expect(sessionStore.getState()).toMatchObject({
      origin: 'run',
      entry: 'a',
      view: { status: 'finished' },
    });
    expect(liveRun()?.entry).toBe('a');
    expect(historyStore.getState().runs).toHaveLength(1);
    expect(runStore.getState().starting).toBe(false);
  });

  it('asks for what is not stored any more, knows it by its contents, and goes on', async () => {
    await keepFixture(library, broken, { id: 'a' });
    await continueKept('a');
    expect(continueStore.getState().waiting).toMatchObject({ id: 'a', model: { name: 'pare-demo' } });
    expect(sessionStore.getState().origin).toBe('kept');
    open.openModel.mockResolvedValueOnce({ ...model, sha256: 'c'.repeat(64) });
    await openModel('demo');
    await openData('demo');
    expect(resume).not.toHaveBeenCalled();
    await openModel('demo');
    await vi.waitFor(() => expect(sessionStore.getState().origin).toBe('run'));
    expect(continueStore.getState().waiting).toBeNull();
    expect(resume).toHaveBeenCalledOnce();
  });

  it('no longer waits when that is cancelled, and lets other tabs have it', async () => {
    await keepFixture(library, broken, { id: 'a' });
    await continueKept('a');
    cancelContinue();
    await openModel('demo');
    await openData('demo');
    expect(resume).not.toHaveBeenCalled();
    await vi.waitFor(async () => expect((await navigator.locks.query()).held).toEqual([]));
  });

  it('is read by the columns of its log', async () => {
    const columns = { prompt: 'text', answer: 'label' };
    const log = broken.map((event) =>
      event.type === 'started' ? { ...event, data: { ...event.data, columns } } : event,
    );
    await keepFixture(library, log, { id: 'a' });
    await keepFiles();
    await continueKept('a');
    expect(open.openData).toHaveBeenCalledWith({ stored: data.sha256 }, { ...columns, reading: 'pair' });
  });

  it('is refused where it is open in another tab, or only its log is kept', async () => {
    await keepFixture(library, broken, { id: 'a' });
    void navigator.locks.request('pare-session-a', { ifAvailable: true }, () => new Promise(() => undefined));
    await continueKept('a');
    expect(alerts()).toEqual(['session-elsewhere']);
    await keepFixture(library, broken, { id: 'b', state: 'none' });
    await continueKept('b');
    expect(alerts()).toEqual(['session-log-only', 'session-elsewhere']);
    expect(resume).not.toHaveBeenCalled();
  });

  it('does not go on again before the worker has kept how it ended', async () => {
    await keepFixture(library, broken, { id: 'a' });
    await keepFiles();
    let answer: (() => void) | undefined;
    resume.mockImplementationOnce((_, onEvents) => {
      onEvents([...broken, { type: 'stopped', at: 1e6 }]);
      return new Promise((resolve) => (answer = resolve));
    });
    const continued = continueKept('a');
    await vi.waitFor(() => expect(sessionStore.getState().view.status).toBe('stopped'));
    await lookUp();
    await continueShown();
    expect(alerts()).toEqual(['session-busy']);
    expect(resume).toHaveBeenCalledOnce();
    answer?.();
    await continued;
    await continueShown();
    expect(resume).toHaveBeenCalledTimes(2);
    expect(sessionStore.getState().view.status).toBe('finished');
  });

  it('stays as it is where the worker cannot go on, and is free again', async () => {
    await keepFixture(library, broken, { id: 'a' });
    await keepFiles();
    resume.mockRejectedValueOnce(
      new PareError('checkpoint-damaged', 'A tensor is damaged.', 'Run it again.'),
    );
    await continueKept('a');
    expect(alerts()).toEqual(['checkpoint-damaged']);
    expect(sessionStore.getState().origin).toBe('kept');
    expect((await library.about('a'))?.state).toBe('run');
    await vi.waitFor(async () => expect((await navigator.locks.query()).held).toEqual([]));
  });
});

describe('a finished session', () => {
  it('is at hand again only once all of it is there', async () => {
    await keepFixture(library, whole, { id: 'a' });
    await keepFiles();
    let restored: (() => void) | undefined;
    resume.mockImplementation((_, onEvents) => {
      onEvents([...whole]);
      return new Promise((resolve) => (restored = resolve));
    });
    const continued = continueKept('a');
    await vi.waitFor(() => expect(restored).toBeDefined());
    expect(runStore.getState().starting).toBe(true);
    restored?.();
    await continued;
    expect(runStore.getState().starting).toBe(false);
    expect(sessionStore.getState()).toMatchObject({ origin: 'run', view: { status: 'finished' } });
  });
});
