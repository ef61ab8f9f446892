import type { Batch } from '../datasets/batches.ts';
import type { Scores } from '../evaluation/evaluator.ts';
import type { SearchHost, SearchRequest } from '../search/run.ts';
import type { EventOf, SessionEvent, Stage } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import type { RunControl } from './control.ts';
import type { PreparedData } from './data.ts';
import type { LoadedModel } from './model.ts';

/** Where a search runs: in this process, or in a worker of its own. */
export type SearchDriver = (request: SearchRequest, host: SearchHost) => Promise<void>;

type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never;

/** What every stage of a run is given. */
export interface RunContext {
  readonly recipe: Recipe;
  readonly model: LoadedModel;
  readonly data: PreparedData;
  readonly control: RunControl;
  readonly search: SearchDriver;
  /** Appends to the session log; the time is added. */
  readonly emit: (event: WithoutTime<SessionEvent>) => void;
}

export function beginStage({ emit }: RunContext, stage: Stage, total: number): void {
  emit({ type: 'stage', stage, total });
}

export function progress({ emit }: RunContext, stage: Stage, done: number): void {
  emit({ type: 'progress', stage, done });
}

export function metricOf({ task }: Recipe): EventOf<'started'>['metric'] {
  return task === 'exact' ? 'accuracy' : 'perplexity';
}

/** The score that is maximised: accuracy, or 1/perplexity (the geometric mean probability of a token). */
export function scoreOf({ task }: Recipe, scores: Scores): number {
  return task === 'exact' ? scores.accuracy : 1 / scores.perplexity;
}

export type Batches = readonly Batch[];
