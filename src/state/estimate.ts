import { createStore } from 'zustand/vanilla';
import type { MemoryEstimate } from '../workers/studio.protocol.ts';
import { toPareError } from '../workers/errors.ts';
import { dataStore } from './data.ts';
import { engine } from './engine.ts';
import { modelStore } from './model.ts';
import { recipeStore } from './recipe.ts';
import { isRunActive } from './session.ts';

/** What the recipe needs on the open model and data; `problem` where it cannot run. */
export const estimateStore = createStore<{
  pending: boolean;
  estimate: MemoryEstimate | null;
  problem: { message: string; remedy: string } | null;
}>(() => ({ pending: false, estimate: null, problem: null }));

/** Typing a number must not ask the worker for each digit. */
const quietMs = 250;
let timer: ReturnType<typeof setTimeout> | null = null;
let latest = 0;

function ask(): void {
  if (!modelStore.getState().summary || !dataStore.getState().summary || isRunActive()) return;
  if (timer !== null) clearTimeout(timer);
  estimateStore.setState({ pending: true });
  timer = setTimeout(() => void answer(++latest), quietMs);
}

/** An answer that a later question has overtaken is dropped. */
async function answer(question: number): Promise<void> {
  try {
    const client = await engine();
    const estimate = await client.estimate(recipeStore.getState().recipe);
    if (question === latest) estimateStore.setState({ pending: false, estimate, problem: null });
  } catch (error) {
    const { message, remedy } = toPareError(error);
    if (question === latest) {
      estimateStore.setState({ pending: false, estimate: null, problem: { message, remedy } });
    }
  }
}

/** Asks again whenever the model, the data or the recipe changes; gives back how to stop that. */
export function keepEstimating(): () => void {
  const stops = [
    modelStore.subscribe((now, before) => now.summary !== before.summary && ask()),
    dataStore.subscribe((now, before) => now.summary !== before.summary && ask()),
    recipeStore.subscribe((now, before) => now.recipe !== before.recipe && ask()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
