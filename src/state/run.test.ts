import { beforeEach, describe, expect, it, vi } from 'vitest';
import { PareError } from '../lib/assert.ts';
import type { SessionEvent } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import { logFixture } from '../session/session.testing.ts';
import { encodeLink } from '../session/link.ts';
import type { FormatOffer, StudioClient } from '../workers/studio.protocol.ts';
import { clientFixture, replay } from './client.testing.ts';
import { dataStore, openData } from './data.ts';
import { deviceStore, provideEngine } from './engine.ts';
import { chooseFormat, exportModel, exportStore, refreshFormats, wantedOffer } from './exporting.ts';
import { historyStore } from './history.ts';
import { modelStore, openModel } from './model.ts';
import { noticeStore } from './notices.ts';
import { providePlatform } from './platform.ts';
import type { Platform } from './platform.ts';
import { recipeStore } from './recipe.ts';
import { tableText } from './results.ts';
import { choosePoint, runStore, setSeeds, startRun, stopRun } from './run.ts';
import { closeSession, sessionStore } from './session.ts';
import { libraryFixture } from './tabs.testing.ts';
import { copyShareLink, leaveSession, openLink, openSessionFile, revisitRun, saveSession } from './share.ts';

const log = logFixture();
let saved: { name: string; content: unknown }[] = [];
let fragment = '';
const page: Platform = {
  save: (name, content) => Promise.resolve(void saved.push({ name, content })),
  copy: () => Promise.resolve(true),
  address: {
    read: () => `https://pare.example/#${fragment}`,
    replaceFragment: (next) => void (fragment = next),
    clearFragment: () => void (fragment = ''),
  },
};

function begin(overrides: Partial<StudioClient> = {}): void {
  provideEngine(() => clientFixture({ run: replay(log), ...overrides }));
}
const alerts = () => noticeStore.getState().notices.map((notice) => notice.code);

beforeEach(() => {
  libraryFixture();
  saved = [];
  fragment = '';
  providePlatform(page);
  noticeStore.setState({ notices: [] });
  modelStore.setState({ loading: null, summary: null });
  dataStore.setState({ loading: null, summary: null, source: null });
  closeSession();
  historyStore.setState({ runs: [] });
});

async function openBoth(): Promise<void> {
  await openModel('demo');
  await openData('demo');
}

describe('a run', () => {
  it('needs a model and data, and starts no engine before', async () => {
    const make = vi.fn(() => clientFixture());
    provideEngine(make);
    await startRun();
    expect(alerts()).toEqual(['run-incomplete']);
    expect(make).not.toHaveBeenCalled();
  });

  it('goes from the demo to a finished session in the address', async () => {
    begin();
    await openBoth();
    await startRun();
    expect(deviceStore.getState().status).toBe('ready');
    expect(sessionStore.getState()).toMatchObject({ origin: 'run', view: { status: 'finished' } });
    expect(fragment).toMatch(/^#s1\./);
    expect(runStore.getState()).toMatchObject({ starting: false, stopping: false });
  });

  it('ends as failed where the worker broke off', async () => {
    const error = new PareError('unexpected', 'The engine stopped.', 'Reload.');
    begin({
      run: async (_, onEvents) => {
        onEvents(log.slice(0, 9));
        throw error;
      },
    });
    await openBoth();
    await startRun();
    expect(sessionStore.getState().view).toMatchObject({ status: 'failed', error: { remedy: 'Reload.' } });
    expect(alerts()).toEqual(['unexpected']);
  });

  it('leaves the session on the page where it did not begin', async () => {
    openLink(encodeLink(log).fragment);
    begin({
      run: () => Promise.reject(new PareError('too-large', 'It does not fit.', 'Use a smaller batch.')),
    });
    await openBoth();
    await startRun();
    expect(sessionStore.getState()).toMatchObject({ origin: 'link', view: { status: 'finished' } });
    expect(alerts()).toEqual(['too-large']);
  });
});

/** The log of another seed: what `client.run` was asked for. */
const seeded = (recipe: Recipe): SessionEvent[] =>
  log.map((event) => (event.type === 'started' ? { ...event, recipe } : event));

describe('several seeds', () => {
  const run = vi.fn<StudioClient['run']>((recipe, onEvents) => {
    onEvents(seeded(recipe));
    return Promise.resolve();
  });
  const seedsRun = () => run.mock.calls.map(([recipe]) => recipe.seed);
  const keptSeeds = () => historyStore.getState().runs.map(({ view }) => view.recipe?.seed);

  beforeEach(() => {
    run.mockClear();
    recipeStore.setState({ recipe: { ...recipeStore.getState().recipe, seed: 2 ** 32 - 2 } });
  });

  it('are run one after the other, and all are kept, the latest first', async () => {
    begin({ run });
    await openBoth();
    const places: unknown[] = [];
    const stop = runStore.subscribe(({ queue }) => queue && places.push(queue.place));
    await startRun(3);
    stop();
    expect(seedsRun()).toEqual([2 ** 32 - 2, 2 ** 32 - 1, 0]);
    expect([...new Set(places)]).toEqual([1, 2, 3]);
    expect(runStore.getState()).toMatchObject({ queue: null, starting: false });
    expect(keptSeeds()).toEqual([0, 2 ** 32 - 1, 2 ** 32 - 2]);
    expect(tableText('markdown', 'all')).toMatch(/\| LoNAS best \| 3 \|/);
    expect(JSON.parse(tableText('json', 'run'))).toMatchObject({ version: 1 });
  });

  it('end with the run that is stopped', async () => {
    run.mockImplementationOnce(async (recipe, onEvents) => {
      await stopRun();
      onEvents([...seeded(recipe).slice(0, 40), { type: 'stopped', at: 1e6 }]);
    });
    begin({ run });
    await openBoth();
    await startRun(3);
    expect(seedsRun()).toHaveLength(1);
    expect(runStore.getState()).toMatchObject({ queue: null, stopping: false });
  });

  it('end with the run that fails', async () => {
    run.mockImplementationOnce(() => Promise.reject(new PareError('lost', 'Lost.', 'Reload.')));
    begin({ run });
    await openBoth();
    await startRun(2);
    expect(seedsRun()).toHaveLength(1);
  });

  it('are from 1 to 10', () => {
    expect(setSeeds(11)).toMatch(/1 to 10/);
    expect(setSeeds(1.5)).toMatch(/whole/);
    expect(setSeeds(2)).toBeNull();
    expect(runStore.getState().seeds).toBe(2);
    setSeeds(1);
  });
});

describe('an earlier run of the page', () => {
  it('is looked at again, read-only; the latest can still be chosen from', async () => {
    const choose = vi.fn(() => Promise.resolve());
    begin({ choose });
    await openBoth();
    await startRun(2);
    const [latest, earlier] = historyStore.getState().runs;
    revisitRun(earlier!.id);
    expect(sessionStore.getState()).toMatchObject({ origin: 'past', id: earlier!.id });
    await choosePoint(2);
    expect(choose).not.toHaveBeenCalled();
    leaveSession();
    expect(sessionStore.getState()).toMatchObject({ origin: 'run', id: latest!.id });
    await choosePoint(2);
    expect(choose).toHaveBeenCalledOnce();
  });

  it('is not lost to an opened link, nor to one that is closed', async () => {
    begin();
    await openBoth();
    await startRun();
    openLink(encodeLink(log).fragment);
    expect(historyStore.getState().runs).toHaveLength(1);
    leaveSession();
    expect(sessionStore.getState()).toMatchObject({ origin: 'run', view: { status: 'finished' } });
  });
});

describe('a model that does not open', () => {
  it('is reported with its remedy, and the one before stays', async () => {
    begin();
    await openModel('demo');
    begin({
      openModel: () => Promise.reject(new PareError('model-config', 'No config.json.', 'Drop the folder.')),
    });
    await openModel([]);
    expect(modelStore.getState()).toMatchObject({ loading: null, summary: { name: 'pare-demo' } });
    expect(noticeStore.getState().notices[0]).toMatchObject({ kind: 'error', remedy: 'Drop the folder.' });
    begin();
    await openModel('demo');
    expect(alerts()).toEqual([]);
  });
});

describe('an engine that does not start', () => {
  it('is tried again', async () => {
    begin({ start: () => Promise.reject(new Error('no')) });
    await openModel('demo');
    expect(deviceStore.getState().status).toBe('idle');
    begin();
    await openModel('demo');
    expect(modelStore.getState().summary?.name).toBe('pare-demo');
  });
});

describe('choosing', () => {
  it('asks the worker for its genome, once the run is over', async () => {
    const choose = vi.fn(() => Promise.resolve());
    begin({ choose });
    await openBoth();
    await startRun();
    const point = sessionStore.getState().view.points.find((candidate) => candidate.tag === 'minimal')!;
    await choosePoint(point.index);
    expect(choose).toHaveBeenCalledExactlyOnceWith(point.genome);
    expect(sessionStore.getState().inspected).toBe(point.index);
  });

  it('only looks, in a shared session', async () => {
    const choose = vi.fn(() => Promise.resolve());
    begin({ choose });
    openLink(encodeLink(log).fragment);
    await choosePoint(2);
    expect(sessionStore.getState().inspected).toBe(2);
    expect(choose).not.toHaveBeenCalled();
  });
});

describe('what a session is taken away as', () => {
  it('is a link that opens the same session, and sets its recipe', async () => {
    begin();
    await openBoth();
    await startRun();
    const shared = await copyShareLink();
    const before = sessionStore.getState().view;
    closeSession();
    openLink(new URL(shared!.address).hash);
    expect(sessionStore.getState().view).toMatchObject({ points: before.points, results: before.results });
    expect(recipeStore.getState().recipe).toEqual(before.recipe);
  });

  it('is a file that opens again', async () => {
    openLink(encodeLink(log).fragment);
    await saveSession();
    expect(saved[0]?.name).toBe('pare-demo-lonas.pare');
    closeSession();
    await openSessionFile(new Blob([saved[0]?.content as Uint8Array<ArrayBuffer>]));
    expect(sessionStore.getState()).toMatchObject({ origin: 'file', view: { status: 'finished' } });
  });

  it('is the exported model', async () => {
    begin();
    await exportModel();
    expect(saved[0]?.name).toBe('model.zip');
    expect(exportStore.getState()).toMatchObject({ busy: false, file: { notes: ['exact'] } });
  });

  it('is in the format that was chosen, for as long as it can hold the model', async () => {
    const asked: unknown[] = [];
    const offer = { title: '', readers: '', refused: null, notes: [] };
    let offers: FormatOffer[] = [
      { ...offer, format: 'hf' },
      { ...offer, format: 'gptq' },
    ];
    begin({
      exportFormats: () => Promise.resolve(offers),
      exportModel: (format) => {
        asked.push(format);
        return clientFixture().exportModel();
      },
    });
    await refreshFormats();
    chooseFormat('gptq');
    await exportModel();
    await exportModel('hf');
    offers = [offers[0]!];
    await refreshFormats();
    await exportModel();
    expect(asked).toEqual(['gptq', 'hf', undefined]);
    // Where the default cannot hold the model, the first that can is marked and taken.
    offers = [
      { ...offer, format: 'gptq', refused: 'No.' },
      { ...offer, format: 'onnx' },
    ];
    await refreshFormats();
    expect(wantedOffer(exportStore.getState())?.format).toBe('onnx');
    await exportModel();
    expect(asked.at(-1)).toBe('onnx');
  });

  it('does not open where it is broken, and nothing is lost', async () => {
    openLink(encodeLink(log).fragment);
    openLink(encodeLink(log).fragment.slice(0, 400));
    await openSessionFile(new Blob(['nothing']));
    expect(alerts()).toEqual(['file-invalid', 'link-truncated']);
    expect(sessionStore.getState().view.status).toBe('finished');
  });
});
