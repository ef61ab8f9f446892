import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { logFixture } from '../session/session.testing.ts';
import { isCandidate } from '../session/view.ts';
import type { StudioClient } from '../workers/studio.protocol.ts';
import { clientFixture } from './client.testing.ts';
import { dataStore, openData } from './data.ts';
import { deviceUse, onDeviceUse } from './deviceUse.ts';
import { provideEngine } from './engine.ts';
import { exportModel } from './exporting.ts';
import { modelFixtures } from './fixtures.testing.ts';
import { historyStore } from './history.ts';
import { loadModel, modelStore, openModel } from './model.ts';
import { noticeStore } from './notices.ts';
import { measurePerformance } from './performance.ts';
import { providePlatform } from './platform.ts';
import { askBoth } from './preview.ts';
import { verify } from './reproduce.ts';
import { choosePoint, startRun } from './run.ts';
import { scoreModel } from './score.ts';
import { closeSession, sessionStore } from './session.ts';
import { libraryFixture, pageFixture } from './tabs.testing.ts';

const log = logFixture();
/** What the worker was asked for and has not answered. */
let answers: (() => void)[] = [];
const held = (value: unknown) =>
  vi.fn(() => new Promise((resolve) => answers.push(() => resolve(value)))) as never;
const stopListening: (() => void)[] = [];

beforeEach(async () => {
  answers = [];
  libraryFixture();
  providePlatform(pageFixture());
  noticeStore.setState({ notices: [] });
  modelStore.setState({ loading: null, summary: null });
  dataStore.setState({ loading: null, summary: null, source: null });
  closeSession();
  historyStore.setState({ runs: [] });
  provideEngine(() => clientFixture());
  await openModel('demo');
  await openData('demo');
});
afterEach(() => {
  for (const stop of stopListening.splice(0)) stop();
});

const run: StudioClient['run'] = (_, onEvents) => {
  onEvents([...log]);
  return new Promise((resolve) => answers.push(resolve));
};

async function finishRun(): Promise<void> {
  provideEngine(() => clientFixture({ run }));
  const running = startRun();
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  answers.pop()?.();
  await running;
}

const finished = () => sessionStore.getState().view.status === 'finished';

it('is a run until the worker has answered, though the page shows its end', async () => {
  provideEngine(() => clientFixture({ run }));
  const heard: unknown[] = [];
  stopListening.push(onDeviceUse(() => heard.push(deviceUse())));
  const running = startRun();
  await vi.waitFor(() => expect(finished()).toBe(true));
  expect(deviceUse()).toBe('run');
  answers.pop()?.();
  await running;
  expect(deviceUse()).toBeNull();
  expect(heard).toContain('run');
  expect(heard.at(-1)).toBeNull();
});

it('is told of each, from its asking to its answer', async () => {
  await finishRun();
  const { view } = sessionStore.getState();
  const other = view.points.findIndex(
    (point, i) => isCandidate(point, view.groups) && i !== view.chosen?.index,
  );
  expect(other).toBeGreaterThanOrEqual(0);
  const uses: [string, Partial<StudioClient>, () => Promise<unknown>][] = [
    ['choose', { choose: held(undefined) }, () => choosePoint(other)],
    ['compare', { verifySession: held([]) }, verify],
    ['score', { score: held({}) }, scoreModel],
    ['measure', { measurePerformance: held({}) }, measurePerformance],
    ['answer', { generate: held({ text: '', tokens: 0, seconds: 0 }) }, () => askBoth('1 + 1', 4)],
    [
      'export',
      { exportModel: held({ name: 'a.zip', stream: new ReadableStream(), notes: [] }) },
      exportModel,
    ],
    ['open', { openModel: held({ warnings: [] }) }, () => openModel('demo')],
  ];
  for (const [name, client, act] of uses) {
    provideEngine(() => clientFixture(client));
    const heard = new Set<unknown>();
    const stop = onDeviceUse(() => heard.add(deviceUse()));
    const acting = act();
    expect(deviceUse(), name).toBe(name);
    const answering = setInterval(() => {
      for (const answer of answers.splice(0)) answer();
    });
    await acting;
    clearInterval(answering);
    stop();
    expect(deviceUse(), name).toBeNull();
    expect(heard, name).toEqual(new Set([name, null]));
  }
});

it('is a model being opened until that is open, though another was refused meanwhile', async () => {
  let opened = () => {};
  const { model } = modelFixtures();
  const open = vi
    .fn<StudioClient['openModel']>()
    .mockImplementationOnce(() => new Promise((resolve) => (opened = () => resolve(model))))
    .mockRejectedValueOnce(new PareError('busy', 'The studio is opening a model.', 'Wait.'));
  provideEngine(() => clientFixture({ openModel: open }));
  const first = loadModel('demo');
  await expect(loadModel('demo')).rejects.toThrow('opening a model');
  expect(deviceUse()).toBe('open');
  opened();
  await first;
  expect(deviceUse()).toBeNull();
});

it('is said to whoever was refused, and stays said', async () => {
  const refusal = new PareError('busy', 'The studio is answering.', 'Wait.');
  provideEngine(() => clientFixture({ run: () => Promise.reject(refusal) }));
  await startRun();
  expect(noticeStore.getState().notices.map(({ code }) => code)).toEqual(['busy']);
  expect(deviceUse()).toBeNull();
});
