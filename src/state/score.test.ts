import { beforeEach, describe, expect, it, vi } from 'vitest';
import { PareError } from '../lib/assert.ts';
import type { DataScore, StudioClient } from '../workers/studio.protocol.ts';
import { clientFixture } from './client.testing.ts';
import { dataStore, openData } from './data.ts';
import { provideEngine } from './engine.ts';
import { modelStore, openModel } from './model.ts';
import { noticeStore } from './notices.ts';
import { changeRecipe, recipeStore } from './recipe.ts';
import { startRun } from './run.ts';
import { keepScoreCurrent, scoreModel, stopScoring } from './score.ts';
import { scoreStore } from './scoreStore.ts';
import { closeSession, sessionStore } from './session.ts';

const answer: DataScore = {
  task: 'exact',
  value: 0.245,
  interval: [0.229, 0.262],
  choice: null,
  examples: 2600,
  tooLong: 0,
  tokens: 31_200,
  seconds: 1.5,
};
const alerts = () => noticeStore.getState().notices.map((notice) => notice.code);
const begin = (overrides: Partial<StudioClient> = {}) => provideEngine(() => clientFixture(overrides));

async function openBoth(): Promise<void> {
  await openModel('demo');
  await openData('demo');
}

beforeEach(() => {
  noticeStore.setState({ notices: [] });
  modelStore.setState({ loading: null, summary: null });
  dataStore.setState({ loading: null, summary: null, source: null });
  scoreStore.setState({ progress: null, stopping: false, result: null });
  closeSession();
});

describe('scoring the model as it is', () => {
  it('uses the recipe’s task, shows how far it is, and keeps the outcome', async () => {
    const seen: unknown[] = [];
    const score = vi.fn<StudioClient['score']>((_, onProgress) => {
      onProgress(1, 4);
      seen.push(scoreStore.getState().progress);
      return Promise.resolve(answer);
    });
    begin({ score });
    await openBoth();
    expect(await scoreModel()).toEqual(answer);
    expect(score.mock.calls[0]?.[0]).toMatchObject({
      task: 'exact',
      template: 'auto',
      scoring: { beams: 1 },
    });
    expect(seen).toEqual([{ done: 1, total: 4 }]);
    expect(scoreStore.getState()).toEqual({
      progress: null,
      stopping: false,
      result: { ...answer, unit: 'examples' },
    });
  });

  it('needs a model and data', async () => {
    begin();
    expect(await scoreModel()).toBeNull();
    expect(alerts()).toEqual(['score-incomplete']);
  });

  it('is forgotten when another model or other data is opened', async () => {
    begin();
    await openBoth();
    for (const open of [() => openModel('demo'), () => openData('demo')]) {
      await scoreModel();
      expect(scoreStore.getState().result).not.toBeNull();
      await open();
      expect(scoreStore.getState().result).toBeNull();
    }
  });

  it('is forgotten when the recipe asks otherwise, and only then', async () => {
    const { recipe } = recipeStore.getState();
    const stop = keepScoreCurrent();
    begin();
    await openBoth();
    await scoreModel();
    changeRecipe({ ...recipe, seed: recipe.seed + 1 });
    expect(scoreStore.getState().result).not.toBeNull();
    changeRecipe({ ...recipe, template: 'plain' });
    expect(scoreStore.getState().result).toBeNull();
    begin({
      score: () => {
        changeRecipe({ ...recipe, task: 'generated' });
        return Promise.resolve(answer);
      },
    });
    await scoreModel();
    expect(scoreStore.getState().result).toBeNull();
    stop();
    recipeStore.setState({ recipe, past: [], future: [] });
  });

  it('can be stopped, which is no error', async () => {
    let end: (error: Error) => void = () => undefined;
    const stop = vi.fn(() => {
      end(new PareError('stopped', 'Stopped.', 'Start it again whenever you like.'));
      return Promise.resolve();
    });
    begin({ stop, score: () => new Promise((_, reject) => (end = reject)) });
    await openBoth();
    const scoring = scoreModel();
    await vi.waitFor(() => expect(scoreStore.getState().progress).not.toBeNull());
    await Promise.resolve();
    await stopScoring();
    expect(await scoring).toBeNull();
    expect(stop).toHaveBeenCalledOnce();
    expect(alerts()).toEqual([]);
    expect(scoreStore.getState()).toEqual({ progress: null, stopping: false, result: null });
  });

  it('reports what goes wrong', async () => {
    begin({ score: () => Promise.reject(new PareError('not-finite', 'No finite score.', 'Check it.')) });
    await openBoth();
    await scoreModel();
    expect(alerts()).toEqual(['not-finite']);
  });

  it('keeps a run from starting meanwhile', async () => {
    const run = vi.fn(() => Promise.resolve());
    begin({ run });
    await openBoth();
    scoreStore.setState({ progress: { done: 0, total: 0 } });
    await startRun();
    expect(run).not.toHaveBeenCalled();
    expect(alerts()).toEqual(['run-busy']);
    expect(sessionStore.getState().origin).toBe('none');
  });
});
