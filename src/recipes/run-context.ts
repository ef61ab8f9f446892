import type { Batch } from '../datasets/batches.ts';
import type { Scores } from '../evaluation/evaluator.ts';
import type { SearchHost, SearchRequest } from '../search/run.ts';
import type { EventOf, Stage } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import type { RunControl } from './control.ts';
import type { PreparedData } from './data.ts';
import type { Journal } from './journal.ts';
import type { LoadedModel } from './model.ts';
import type { UntimedEvent } from './session-log.ts';

/** Where a search runs: in this process, or in a worker of its own. */
export type SearchDriver = (request: SearchRequest, host: SearchHost) => Promise<void>;

/** What every stage of a run is given. */
export interface RunContext {
  readonly recipe: Recipe;
  readonly model: LoadedModel;
  readonly data: PreparedData;
  readonly control: Pick<RunControl, 'checkpoint'>;
  readonly search: SearchDriver;
  /** Every step that takes time goes through it, so that the run can go on after an interruption. */
  readonly journal: Journal;
  /** Parts that a training batch is split into where the device has no room for all of it; 1: not split. */
  readonly accumulation: number;
  /** Appends to the session log, unless the log has it already; the time is added. */
  readonly emit: (event: UntimedEvent) => void;
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
