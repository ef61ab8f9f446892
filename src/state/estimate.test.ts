import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PareError } from '../lib/assert.ts';
import type { MemoryEstimate, StudioClient } from '../workers/studio.protocol.ts';
import { clientFixture } from './client.testing.ts';
import { dataStore, openData } from './data.ts';
import { provideEngine } from './engine.ts';
import { estimateStore, isCounting, keepEstimating } from './estimate.ts';
import { modelFixtures } from './fixtures.testing.ts';
import { modelStore, openModel } from './model.ts';
import { changeRecipe, recipeStore } from './recipe.ts';

const { data, estimate } = modelFixtures();
const { recipe } = recipeStore.getState();
const counting = () => isCounting(estimateStore.getState());
/** What the worker answers, by hand. */
let answers: { resolve: (estimate: MemoryEstimate) => void; reject: (error: Error) => void }[] = [];
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  answers = [];
  const ask = () =>
    new Promise<MemoryEstimate>((resolve, reject) => {
      answers.push({ resolve, reject });
    });
  // Each file is one of its own, as from a worker.
  const read: StudioClient['openData'] = () => Promise.resolve({ ...data });
  provideEngine(() => clientFixture({ estimate: ask, openData: read }));
  modelStore.setState({ loading: null, summary: null });
  dataStore.setState({ loading: null, summary: null, source: null });
  recipeStore.setState({ recipe, past: [], future: [] });
  stop = keepEstimating();
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

async function estimated(): Promise<void> {
  await openModel('demo');
  await openData('demo');
  await vi.runAllTimersAsync();
  answers[0]!.resolve(estimate);
  await vi.runAllTimersAsync();
  expect(estimateStore.getState()).toEqual({ pending: false, estimate, problem: null });
}

it('forgets at once what belonged to other data, another model, or another reading of it', async () => {
  await estimated();
  const changes = [
    () => openData('demo'),
    () =>
      openModel('demo').then(() => modelStore.setState({ summary: { ...modelStore.getState().summary! } })),
    () => Promise.resolve(changeRecipe({ ...recipe, maxLength: recipe.maxLength + 1 })),
  ];
  for (const change of changes) {
    await change();
    expect(counting()).toBe(true);
    await vi.runAllTimersAsync();
    expect(counting()).toBe(true);
    answers.at(-1)!.resolve(estimate);
    await vi.runAllTimersAsync();
    expect(estimateStore.getState().estimate).toEqual(estimate);
  }
});

it('keeps it while a setting changes that takes the same examples', async () => {
  await estimated();
  changeRecipe({ ...recipe, training: { ...recipe.training, batch: recipe.training.batch + 1 } });
  expect(estimateStore.getState()).toEqual({ pending: true, estimate, problem: null });
});

it('drops an answer of the data before, even one that comes before the next question is asked', async () => {
  await openModel('demo');
  await openData('demo');
  await vi.runAllTimersAsync();
  await openData('demo');
  answers[0]!.reject(new PareError('data-too-long', 'Too long.', 'Raise it.'));
  await vi.advanceTimersByTimeAsync(1);
  expect(counting()).toBe(true);
});
