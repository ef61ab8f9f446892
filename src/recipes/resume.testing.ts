import type { Backend } from '../backends/backend.ts';
import { adapterNames } from '../compression/adapters/init.ts';
import { openData } from '../datasets/parse.ts';
import { Random } from '../lib/random.ts';
import type { Checkpoint } from '../session/checkpoint.ts';
import type { SessionEvent } from '../session/events.ts';
import { appendToLog } from '../session/log.ts';
import type { Method, Recipe } from '../session/recipe.ts';
import { viewOf } from '../session/reduce.ts';
import { RunControl } from './control.ts';
import { runToEnd, searchHere, type EngineOptions } from './engine.ts';
import { readData } from './loaded-data.ts';
import { loadModel } from './model.ts';
import { presets } from './presets.ts';
import type { FinishedRun } from './run.ts';
import { fewProblems, tinyModel } from './tiny-model.testing.ts';

/** A run of a method that is as short as it can be and still goes through every stage. */
export function shortRecipe(method: Method, changes: Partial<Recipe> = {}): Recipe {
  const recipe = presets[method].recipe('exact');
  const { sparsity, quantization, search, training, adapter } = recipe;
  return {
    ...recipe,
    seed: 11,
    split: { validation: 4, test: 4 },
    sparsity: sparsity && { ...sparsity, calibration: 4 },
    quantization: quantization && { ...quantization, group: 32, calibration: 4 },
    adapter: { ...adapter, rank: 4, alpha: 8 },
    training: { ...training, steps: 5, batch: 2, warmup: 1 },
    search: search && { ...search, evaluations: 6, population: 2 },
    ...changes,
  };
}

/** The least that a group of 32 inputs fits. */
const int4Config = { hidden_size: 32, intermediate_size: 32 };

/** The smallest model that takes a recipe. */
export const tinyFor = ({ quantization }: Recipe) => tinyModel(quantization ? int4Config : {});

export interface Outcome {
  readonly finished: FinishedRun | null;
  readonly log: readonly SessionEvent[];
  readonly checkpoints: readonly Checkpoint[];
}

/** A run of its own, on a model that is loaded anew. */
export async function outcomeOf(
  backend: Backend,
  recipe: Recipe,
  options: Partial<EngineOptions> = {},
): Promise<Outcome> {
  const log: SessionEvent[] = [];
  const checkpoints: Checkpoint[] = [];
  const finished = await runToEnd({
    recipe,
    model: await loadModel(backend, await tinyFor(recipe)),
    data: readData(await openData(fewProblems(24))),
    control: new RunControl(),
    search: searchHere,
    onEvent: (event) => {
      if (event.type === 'started') log.length = 0;
      appendToLog(log, [event]);
    },
    onCheckpoint: (checkpoint) => checkpoints.push(checkpoint),
    checkpointInterval: 0,
    ...options,
  });
  return { finished, log, checkpoints };
}

/** What must be the same, to the bit, however often a run was interrupted: all but times and measured speed. */
export async function essenceOf({ finished, log }: Outcome) {
  const { points, front, losses, hypervolume, chosen, results, status } = viewOf(log);
  const { trained, chosen: model } = finished!;
  const tensors: Record<string, string> = {};
  for (const name of adapterNames(trained.plan))
    tensors[name] = await digest(await finished!.run.model.store.read(name));
  for (const name of model.store.names().filter((each) => !each.startsWith('rope')))
    tensors[`chosen ${name}`] = await digest(await model.store.read(name));
  const rows = results.map((row) => ({ ...row, speedup: null }));
  return { status, points, front, losses, hypervolume, chosen, results: rows, tensors };
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
}

/** Different ones, by chance, but the same chance every time. */
export function someOf<T>(items: readonly T[], count: number, seed: number): T[] {
  return new Random(seed)
    .permutation(items.length)
    .slice(0, count)
    .map((index) => items[index]!);
}
