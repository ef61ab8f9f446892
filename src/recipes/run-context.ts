import type { BatchOptions } from '../evaluation/batch-scorer.ts';
import type { Scores } from '../evaluation/evaluator.ts';
import { createScorer, type ScoredSet } from '../evaluation/scorer.ts';
import type { Runnable } from '../models/runnable.ts';
import type { SearchHost, SearchRequest } from '../search/run.ts';
import type { EventOf, Stage } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import type { RunControl } from './control.ts';
import type { PreparedData } from './data.ts';
import type { Journal } from './journal.ts';
import { scoringRule } from './loaded-data.ts';
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
  return task === 'perplexity' ? 'perplexity' : 'accuracy';
}

/** Sets a task up on a model, as a run's recipe scores. */
export const scorerOf = (
  { recipe, model: { tokenizer } }: Scoring,
  model: Runnable,
  set: ScoredSet,
  search?: BatchOptions['search'],
) => createScorer(model, set, scoringRule(recipe), tokenizer, search);

type Scoring = Pick<RunContext, 'recipe' | 'model'>;

/** The score that is maximised: accuracy, or 1/perplexity (the geometric mean probability of a token). */
export function scoreOf({ task, scoring }: Pick<Recipe, 'task' | 'scoring'>, scores: Scores): number {
  if (task === 'perplexity') return 1 / scores.perplexity;
  const normalised = task === 'choice' && scoring.choice === 'length';
  return normalised ? scores.normalised! : scores.accuracy;
}
