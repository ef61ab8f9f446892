import { createStore } from 'zustand/vanilla';
import { toPareError } from '../workers/errors.ts';
import type { TokenPreview } from '../workers/studio.protocol.ts';
import { dataStore } from './data.ts';
import { engine } from './engine.ts';
import { modelStore } from './model.ts';
import { recipeStore } from './recipe.ts';
import { isRunActive } from './session.ts';

/** The first examples as tokens of the open model; `problem` where they cannot become tokens. */
export const tokenPreviewStore = createStore<{
  examples: readonly TokenPreview[];
  problem: { message: string; remedy: string } | null;
}>(() => ({ examples: [], problem: null }));

let latest = 0;

/** An answer that a later question has overtaken is dropped. */
async function ask(): Promise<void> {
  if (!modelStore.getState().summary?.hasTokenizer || !dataStore.getState().summary || isRunActive()) return;
  const question = ++latest;
  try {
    const examples = await (await engine()).previewTokens(recipeStore.getState().recipe);
    if (question === latest) tokenPreviewStore.setState({ examples, problem: null });
  } catch (error) {
    const { message, remedy } = toPareError(error);
    if (question === latest) tokenPreviewStore.setState({ examples: [], problem: { message, remedy } });
  }
}

/** Keeps the tokens as model, data and recipe have them, until what is given back is called. */
export function keepPreviewing(): () => void {
  void ask();
  const stops = [
    modelStore.subscribe((now, before) => now.summary !== before.summary && void ask()),
    dataStore.subscribe((now, before) => now.summary !== before.summary && void ask()),
    recipeStore.subscribe((now, before) => now.recipe !== before.recipe && void ask()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
