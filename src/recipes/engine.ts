import { z } from 'zod';
import type { Graph } from '../graph/graph.ts';
import { PareError } from '../lib/assert.ts';
import { runSearch } from '../search/run.ts';
import type { Checkpoint } from '../session/checkpoint.ts';
import type { DeviceInfo, RecoveryCause, SessionEvent } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import { RunStopped, type RunControl } from './control.ts';
import { prepareData, type PreparedData } from './data.ts';
import { graphsOf } from './estimate.ts';
import { Journal } from './journal.ts';
import { type LoadedData } from './loaded-data.ts';
import type { LoadedModel } from './model.ts';
import {
  describePlace,
  deviceInfoOf,
  moreParts,
  partsOf,
  Recoveries,
  takeKernels,
  unlessLost,
  whyInterrupted,
} from './recovery.ts';
import { requireOwnTensor } from './restore.ts';
import type { RunContext, SearchDriver } from './run-context.ts';
import { checkRun, chooseAsRecorded, runRecipe, type FinishedRun } from './run.ts';
import { SessionLog } from './session-log.ts';

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
  /** A log that begins again with `started` replaces the one before. */
  readonly onEvent: (event: SessionEvent) => void;
  /** All is checked and the run begins: what an earlier run left may go. */
  readonly onStart?: () => void;
  /** Where to go on from, and why. */
  readonly from?: { readonly checkpoint: Checkpoint; readonly cause: RecoveryCause } | null;
  /** What a run that is reproduced was on: its kernels are taken, not measured, where this is the same adapter. */
  readonly like?: DeviceInfo | null;
  /** Hears of every checkpoint. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => void;
  /** Milliseconds between checkpoints within training, at least. */
  readonly checkpointInterval?: number;
  /** The same model on a new device, after the old one was lost; absent: a lost device ends the run. */
  readonly reopen?: (reason: string) => Promise<LoadedModel>;
}

/**
 * Runs a recipe to its end, from its start or from a checkpoint. What cannot run at all is refused before the first
 * event. After that, a stop gives the event `stopped` and null, a failure the event `failed` and the error; the model and
 * the data stay as they are. A lost device and a lack of memory for training are no failures: the run goes on from its
 * last checkpoint, on a new device or with a split batch, unless it gets no further that way.
 */
export async function runToEnd(options: EngineOptions): Promise<FinishedRun | null> {
  const { control, onStart, from = null } = options;
  const log = new SessionLog(options.onEvent);
  const data = prepareData(options.data, options.model, options.recipe, options.tests);
  const progress: Progress = {
    model: options.model,
    checkpoint: from?.checkpoint ?? null,
    accumulation: 1,
    tunes: true,
  };
  checkRun(options, options.data);
  control.listen((paused) => log.emit({ type: paused ? 'paused' : 'resumed' }));
  onStart?.();
  if (from) goOn(options, log, progress, from.cause, `Continued ${describePlace(from.checkpoint)}.`);
  try {
    return await withRecoveries(options, log, data, progress);
  } catch (error) {
    // A finished run that was being put back is over, whatever became of that.
    if (log.finished) {
      if (error instanceof RunStopped) return null;
      throw error;
    }
    if (error instanceof RunStopped) {
      log.emit({ type: 'stopped' });
      return null;
    }
    const { message, remedy } = toPareError(error);
    log.emit({ type: 'failed', message: message.slice(0, 2000), remedy: remedy.slice(0, 2000) });
    throw error;
  }
}

/** What carries a run over an interruption. */
interface Progress {
  model: LoadedModel;
  checkpoint: Checkpoint | null;
  /** Parts of a training batch. */
  accumulation: number;
  /** Not after a loss, which measuring may have been the cause of. */
  tunes: boolean;
}

async function withRecoveries(
  options: EngineOptions,
  log: SessionLog,
  data: PreparedData,
  progress: Progress,
): Promise<FinishedRun> {
  const recoveries = new Recoveries();
  for (;;) {
    try {
      return await attempt(options, log, data, progress);
    } catch (error) {
      const why = whyInterrupted(error);
      const lost = why === 'device-lost';
      const parts = why === 'out-of-memory' ? moreParts(options.recipe, progress.accumulation) : null;
      if (why === null || (lost ? !options.reopen : parts === null)) throw error;
      if (lost) {
        recoveries.count(progress.checkpoint, error as Error);
        progress.tunes = false;
      }
      const place = describePlace(progress.checkpoint);
      if (lost) {
        const reason = (error as Error).message;
        progress.model = await options.reopen!(reason);
        goOn(
          options,
          log,
          progress,
          why,
          `${reason} The run went on ${place}, on ${nameOf(options.model, progress.model)}.`,
        );
      } else {
        progress.accumulation = parts!;
        goOn(
          options,
          log,
          progress,
          'out-of-memory',
          `The device had no room for a training step. The run went on ${place}, each batch split into ${parts} parts.`,
        );
      }
    }
  }
}

/** Another one of the same kind needs no name; a CPU in the place of a GPU is worth knowing of. */
function nameOf(before: LoadedModel, now: LoadedModel): string {
  const { adapter } = now.backend.facts;
  return adapter === before.backend.facts.adapter ? 'a new device' : adapter;
}

/** Takes the log back to the checkpoint, and says in it what happened. */
function goOn(
  { recipe, control }: EngineOptions,
  log: SessionLog,
  progress: Progress,
  cause: RecoveryCause,
  message: string,
): void {
  const { model, checkpoint } = progress;
  if (!checkpoint) return log.clear();
  log.restore(checkpoint.log);
  takeKernels(model, log.device);
  const before = partsOf(recipe, log.accumulation);
  progress.accumulation = Math.max(progress.accumulation, before);
  const device = deviceInfoOf(model);
  const sameDevice = log.device !== null && JSON.stringify(log.device) === JSON.stringify(device);
  if (log.finished) return;
  // Milliseconds that are measured anew are never the same.
  const measures = recipe.search?.third === 'latency';
  const exact = sameDevice && progress.accumulation === before && !measures;
  const { accumulation } = progress;
  log.emit({ type: 'recovered', cause, message: message.slice(0, 2000), device, exact, accumulation });
  // Another loss before the next checkpoint must not forget this one.
  progress.checkpoint = { ...checkpoint, log: [...log.events] };
  // That has said of the run that it goes on.
  if (control.paused) log.emit({ type: 'paused' });
}

/** The run from its last checkpoint to its end, on one device. */
async function attempt(
  options: EngineOptions,
  log: SessionLog,
  data: PreparedData,
  progress: Progress,
): Promise<FinishedRun> {
  const { model, accumulation } = progress;
  let given = false;
  const journal = new Journal({
    store: model.store,
    log: () => log.events,
    check: (name, tensor) => requireOwnTensor(model, name, tensor),
    from: progress.checkpoint,
    ...(options.checkpointInterval === undefined ? {} : { interval: options.checkpointInterval }),
    onCheckpoint: (checkpoint) => {
      if (given) return;
      progress.checkpoint = checkpoint;
      options.onCheckpoint?.(checkpoint);
    },
  });
  const run: RunContext = {
    ...options,
    model,
    data,
    journal,
    accumulation,
    control: {
      checkpoint: async () => {
        await options.control.checkpoint();
        if (given) throw new RunStopped();
      },
    },
    emit: (event) => {
      if (!given && !journal.replaying) log.emit(event);
    },
  };
  try {
    return await unlessLost(model, finish(run, options, log, progress.tunes));
  } catch (error) {
    // What is left of this attempt says and saves nothing any more.
    given = true;
    throw error;
  }
}

async function finish(
  run: RunContext,
  { data, like = null }: EngineOptions,
  log: SessionLog,
  tunes: boolean,
): Promise<FinishedRun> {
  const elastic = checkRun(run, data);
  const { model } = run;
  if (!log.finished) {
    const graphs = Object.values(graphsOf(model, run.data, run.recipe)).flat();
    // A run that goes on has its kernels from its log.
    const known = log.device !== null || takeKernels(model, like);
    if (!known && tunes) await tune(run, graphs);
    model.backend.precompile?.(graphs);
  }
  const finished = await runRecipe(run, elastic);
  await run.journal.once({ key: 'finish', schema: z.null() }, async () => {
    run.emit({ type: 'finished', seconds: log.elapsed / 1000 });
    return null;
  });
  return chooseAsRecorded(finished);
}

/** A stop ends only the measuring: the run itself says that it stopped, at its first checkpoint, when it has begun. */
async function tune({ model, control }: RunContext, graphs: readonly Graph[]): Promise<void> {
  try {
    await model.backend.tune?.(graphs, control.checkpoint);
  } catch (error) {
    if (!(error instanceof RunStopped)) throw error;
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
