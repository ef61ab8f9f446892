import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PareError } from '../lib/assert.ts';
import type { SessionEvent } from '../session/events.ts';
import { encodeLink } from '../session/link.ts';
import { viewOf } from '../session/reduce.ts';
import { expectedOf } from '../session/reproduction.ts';
import { logFixture } from '../session/session.testing.ts';
import type { SessionLibrary } from '../storage/library.ts';
import type { StudioClient } from '../workers/studio.protocol.ts';
import { clientFixture } from './client.testing.ts';
import { dataStore, openData } from './data.ts';
import { provideEngine } from './engine.ts';
import { modelFixtures } from './fixtures.testing.ts';
import { historyStore } from './history.ts';
import { openKept } from './kept.ts';
import { modelStore, openModel } from './model.ts';
import { noticeStore } from './notices.ts';
import { providePlatform } from './platform.ts';
import { recipeStore } from './recipe.ts';
import {
  closeReproduction,
  reproduce,
  reproductionStore,
  runShownRecipe,
  showReproduced,
  stopReproducing,
  verify,
} from './reproduce.ts';
import { closeSession, loseLiveRun, sessionStore } from './session.ts';
import { openLink } from './share.ts';
import { lookUp } from './shownEntry.ts';
import { keepFixture, libraryFixture, locksFixture, pageFixture } from './tabs.testing.ts';

const log = logFixture();
const shared = viewOf(log);
const { model, data } = modelFixtures();
const alerts = () => noticeStore.getState().notices.map(({ code }) => code);
/** The same run at another time, on another adapter where one is given. */
const again = (adapter = 'SwiftShader', without: readonly number[] | null = null): SessionEvent[] =>
  log
    .map((event) =>
      event.type === 'started'
        ? { ...event, date: '2026-11-24T00:00:00.000Z', device: { ...event.device, adapter } }
        : event,
    )
    .filter((event) => event.type !== 'evaluated' || !without || event.genome?.join() !== without.join());

let library: SessionLibrary;
const begin = (overrides: Partial<StudioClient> = {}): void =>
  provideEngine(() =>
    clientFixture({
      start: () => Promise.resolve({ ...shared.device!, notice: null }),
      device: () => Promise.resolve(shared.device!),
      run: (_, onEvents) => Promise.resolve(onEvents(again())),
      ...overrides,
    }),
  );

beforeEach(async () => {
  vi.stubGlobal('navigator', { locks: locksFixture() });
  library = libraryFixture();
  providePlatform(pageFixture());
  noticeStore.setState({ notices: [] });
  modelStore.setState({ loading: null, summary: null, source: null });
  dataStore.setState({ loading: null, summary: null, source: null, columns: null });
  loseLiveRun();
  closeSession();
  historyStore.setState({ runs: [] });
  closeReproduction();
  begin();
});
afterEach(() => vi.unstubAllGlobals());

async function openBoth(): Promise<void> {
  await openModel('demo');
  await openData('demo');
}

describe('to reproduce a shared session', () => {
  it('runs its recipe again, and finds the same bits on the same device', async () => {
    const run = vi.fn<StudioClient['run']>((_, onEvents) => Promise.resolve(onEvents(again())));
    begin({ run });
    openLink(encodeLink(log).fragment);
    await openBoth();
    const result = await reproduce();
    expect(run.mock.calls[0]?.[0]).toEqual(shared.recipe);
    expect(result).toMatchObject({ matches: true, exact: true });
    expect(result?.rows).toHaveLength(expectedOf(shared).length);
    expect(sessionStore.getState().origin).toBe('run');
    showReproduced();
    expect(sessionStore.getState()).toMatchObject({ origin: 'link', view: { date: shared.date } });
  });

  it('scores what the new search did not come across', async () => {
    const [first] = shared.front;
    const scoreGenomes = vi.fn<StudioClient['scoreGenomes']>((genomes, onProgress) => {
      onProgress(1, 1);
      return Promise.resolve(
        genomes.map((genome) => ({ genome, macs: first!.macs, score: first!.score - 1 / 160 })),
      );
    });
    begin({
      run: (_, onEvents) => Promise.resolve(onEvents(again('Another', first!.genome))),
      scoreGenomes,
    });
    openLink(encodeLink(log).fragment);
    await openBoth();
    const result = await reproduce();
    expect(scoreGenomes.mock.calls[0]?.[0]).toEqual([first!.genome]);
    expect(result).toMatchObject({ matches: true, exact: false });
    expect(result?.rows.filter((row) => !row.equal)).toHaveLength(1);
  });

  it('says that it differs where it does', async () => {
    begin({
      run: (_, onEvents) =>
        Promise.resolve(
          onEvents(
            again().map((event) =>
              event.type === 'evaluated' ? { ...event, score: event.score / 2 } : event,
            ),
          ),
        ),
    });
    openLink(encodeLink(log).fragment);
    await openBoth();
    expect(await reproduce()).toMatchObject({ matches: false, exact: true });
  });

  it('needs its own model and data, and starts nothing without them', async () => {
    const run = vi.fn<StudioClient['run']>();
    begin({ run, openModel: () => Promise.resolve({ ...model, sha256: 'c'.repeat(64) }) });
    openLink(encodeLink(log).fragment);
    expect(await reproduce()).toBeNull();
    await openBoth();
    expect(await reproduce()).toBeNull();
    expect(alerts()).toEqual(['reproduce-other']);
    expect(run).not.toHaveBeenCalled();
  });

  it('has nothing to compare where the run is stopped', async () => {
    begin({
      run: async (_, onEvents) => {
        onEvents(again().slice(0, 30));
        await stopReproducing();
        onEvents([{ type: 'stopped', at: 1e5 }]);
      },
    });
    openLink(encodeLink(log).fragment);
    await openBoth();
    expect(await reproduce()).toBeNull();
    expect(reproductionStore.getState()).toMatchObject({ doing: null, result: null });
    expect(reproductionStore.getState().problem).toMatch(/did not come to its end/);
    expect(alerts()).toEqual([]);
  });

  it('reads the table by the columns of the session', async () => {
    const columns = { prompt: 'text', answer: 'label' };
    const openTable = vi.fn<StudioClient['openData']>(() => Promise.resolve(data));
    begin({ openData: openTable });
    const other = log.map((event) =>
      event.type === 'started' ? { ...event, data: { ...event.data, columns } } : event,
    );
    openLink(encodeLink(other).fragment);
    // A link may leave the columns out; a log does not.
    sessionStore.setState({ view: viewOf(other) });
    await openBoth();
    await reproduce();
    expect(openTable).toHaveBeenLastCalledWith('demo', { ...columns, reading: 'pair' });
  });
});

describe('to verify a session', () => {
  const scoresOf = (view = shared) => expectedOf(view);

  it('scores its front again, with the adapters that are kept', async () => {
    const verifySession = vi.fn<StudioClient['verifySession']>((_, onProgress) => {
      onProgress(3, 9);
      expect(reproductionStore.getState()).toMatchObject({
        doing: 'scoring',
        progress: { done: 3, total: 9 },
      });
      return Promise.resolve(scoresOf());
    });
    begin({ verifySession });
    await keepFixture(library, log, { id: 'a' });
    await openKept('a');
    await lookUp();
    await openBoth();
    expect(await verify()).toMatchObject({ matches: true, exact: true });
    expect(verifySession.mock.calls[0]?.[0]).toBe('a');
    expect(sessionStore.getState().origin).toBe('kept');
  });

  it('needs adapters', async () => {
    openLink(encodeLink(log).fragment);
    await lookUp();
    await openBoth();
    expect(await verify()).toBeNull();
    expect(alerts()).toEqual(['session-log-only']);
  });

  it('can be stopped, which is no error', async () => {
    const stop = vi.fn(() => Promise.resolve());
    const stopped = new PareError('stopped', 'Stopped.', 'Start again.');
    begin({
      stop,
      verifySession: async () => {
        await stopReproducing();
        throw stopped;
      },
    });
    await keepFixture(library, log, { id: 'a' });
    await openKept('a');
    await lookUp();
    await openBoth();
    expect(await verify()).toBeNull();
    expect(stop).toHaveBeenCalledOnce();
    expect(alerts()).toEqual([]);
    expect(reproductionStore.getState().problem).toBe('Stopped.');
  });
});

it('runs a shared recipe on another model', async () => {
  const run = vi.fn<StudioClient['run']>((_, onEvents) => Promise.resolve(onEvents(again())));
  begin({ run, openModel: () => Promise.resolve({ ...model, sha256: 'c'.repeat(64) }) });
  openLink(encodeLink(log).fragment);
  await openBoth();
  await runShownRecipe();
  expect(run.mock.calls[0]?.[0]).toEqual(shared.recipe);
  expect(recipeStore.getState().recipe).toEqual(shared.recipe);
});
