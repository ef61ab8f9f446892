import { PareError } from '../lib/assert.ts';
import { runSearch } from '../search/run.ts';
import type { SessionEvent } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import { RunStopped, type RunControl } from './control.ts';
import { type LoadedData } from './loaded-data.ts';
import { prepareData } from './data.ts';
import type { LoadedModel } from './model.ts';
import type { RunContext, SearchDriver } from './run-context.ts';
import { checkRun, runRecipe, type FinishedRun } from './run.ts';

/** A search in this process: for Node, and wherever there is no worker. */
export const searchHere: SearchDriver = runSearch;

export interface EngineOptions {
  readonly recipe: Recipe;
  readonly model: LoadedModel;
  readonly data: LoadedData;
  /** Further data sets that are only tested on. */
  readonly tests?: readonly LoadedData[];
  readonly control: RunControl;
  readonly search: SearchDriver;
  readonly onEvent: (event: SessionEvent) => void;
  /** All is checked and the run begins: what an earlier run left may go. */
  readonly onStart?: () => void;
}

/**
 * Runs a recipe to its end. What cannot run at all is refused before the first event. After that, a stop gives the
 * event `stopped` and null, a failure the event `failed` and the error; the model and the data stay as they are.
 */
export async function runToEnd(options: EngineOptions): Promise<FinishedRun | null> {
  const { onEvent, control } = options;
  const began = performance.now();
  const emit: RunContext['emit'] = (event) =>
    onEvent({ ...event, at: Math.round(performance.now() - began) });
  control.listen((paused) => emit({ type: paused ? 'paused' : 'resumed' }));
  const data = prepareData(options.data, options.model, options.recipe, options.tests);
  const run: RunContext = { ...options, data, emit };
  const elastic = checkRun(run, options.data);
  options.onStart?.();
  try {
    const finished = await runRecipe(run, elastic);
    emit({ type: 'finished', seconds: (performance.now() - began) / 1000 });
    return finished;
  } catch (error) {
    if (error instanceof RunStopped) {
      emit({ type: 'stopped' });
      return null;
    }
    const { message, remedy } = toPareError(error);
    emit({ type: 'failed', message: message.slice(0, 2000), remedy: remedy.slice(0, 2000) });
    throw error;
  }
}

function toPareError(error: unknown): { message: string; remedy: string } {
  if (error instanceof PareError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `The run failed: ${message}`,
    remedy: 'Run it again; if it fails again, try a smaller batch or the demo.',
  };
}
