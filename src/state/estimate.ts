import { createStore } from 'zustand/vanilla';
import type { Recipe } from '../session/recipe.ts';
import type { MemoryEstimate } from '../workers/studio.protocol.ts';
import { toPareError } from '../workers/errors.ts';
import { dataStore } from './data.ts';
import { engine } from './engine.ts';
import { modelStore } from './model.ts';
import { recipeStore } from './recipe.ts';
import { isRunActive, sessionStore } from './session.ts';

/**
 * What the recipe needs on the open model and data; `problem` where it cannot run. Of other data, another model or
 * another reading of the data it says nothing: it is null then until `pending` is over.
 */
export const estimateStore = createStore<{
  pending: boolean;
  estimate: MemoryEstimate | null;
  problem: { message: string; remedy: string } | null;
}>(() => ({ pending: false, estimate: null, problem: null }));

/** Model and data are open, and how many of the examples the recipe takes is not known yet. */
export const isCounting = ({
  pending,
  estimate,
  problem,
}: ReturnType<typeof estimateStore.getState>): boolean => pending && estimate === null && problem === null;

/** Typing a number must not ask the worker for each digit. */
const quietMs = 250;
let timer: ReturnType<typeof setTimeout> | null = null;
let latest = 0;
/** Something has changed while a run went on. */
let postponed = false;

const nothing = { estimate: null, problem: null };

/** An answer to an earlier question is dropped from now on. `anew`: what is known belongs to something else. */
function ask(anew: boolean): void {
  const question = ++latest;
  if (timer !== null) clearTimeout(timer);
  if (!modelStore.getState().summary || !dataStore.getState().summary) {
    estimateStore.setState({ pending: false, ...nothing });
    return;
  }
  estimateStore.setState({ pending: true, ...(anew ? nothing : {}) });
  postponed = isRunActive();
  if (!postponed) timer = setTimeout(() => void answer(question), quietMs);
}

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

/** What of a recipe decides which examples there are. */
const countedBy = ({ task, template, maxLength, split }: Recipe): string =>
  JSON.stringify([task, template, maxLength, split]);

/** Asks again whenever the model, the data or the recipe changes; gives back how to stop that. */
export function keepEstimating(): () => void {
  const stops = [
    modelStore.subscribe((now, before) => now.summary !== before.summary && ask(true)),
    dataStore.subscribe((now, before) => now.summary !== before.summary && ask(true)),
    recipeStore.subscribe(
      ({ recipe }, before) => recipe !== before.recipe && ask(countedBy(recipe) !== countedBy(before.recipe)),
    ),
    sessionStore.subscribe(() => postponed && !isRunActive() && ask(false)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
