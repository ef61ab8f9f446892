import { PareError } from '../lib/assert.ts';
import { toPareError } from '../workers/errors.ts';
import type { DataScore, StudioClient } from '../workers/studio.protocol.ts';
import { dataStore } from './data.ts';
import { engine } from './engine.ts';
import { modelStore } from './model.ts';
import { reportError, withdraw } from './notices.ts';
import { recipeStore } from './recipe.ts';
import { isRunning } from './run.ts';
import { forgetScore, scoreStore } from './scoreStore.ts';

/** Scores the open model, as it is, on all of the open data, as the recipe would. null: it failed or was stopped. */
export async function scoreModel(): Promise<DataScore | null> {
  if (scoreStore.getState().progress !== null || isRunning()) return null;
  const { summary: model } = modelStore.getState();
  const { summary: data } = dataStore.getState();
  if (!model || !data) {
    const remedy = 'Open a model and data first.';
    reportError(new PareError('score-incomplete', 'There is nothing to score yet.', remedy));
    return null;
  }
  scoreStore.setState({ progress: { done: 0, total: 0 }, stopping: false, result: null });
  withdraw('score');
  try {
    const client = await engine();
    const question = questionOf(recipeStore.getState().recipe);
    const score = await client.score(question, (done, total) => {
      if (scoreStore.getState().progress !== null) scoreStore.setState({ progress: { done, total } });
    });
    const unit = data.kind === 'pairs' ? 'examples' : 'documents';
    if (sameQuestion(question, recipeStore.getState().recipe))
      scoreStore.setState({ result: { ...score, unit } });
    return score;
  } catch (error) {
    // To be stopped is what the person asked for.
    if (toPareError(error).code !== 'stopped') reportError(error);
    return null;
  } finally {
    scoreStore.setState({ progress: null, stopping: false });
  }
}

/** Forgets the score when the recipe asks otherwise than it was asked; gives back how to stop that. */
export const keepScoreCurrent = (): (() => void) =>
  recipeStore.subscribe((now, before) => {
    if (!sameQuestion(now.recipe, before.recipe)) forgetScore();
  });

type Question = Parameters<StudioClient['score']>[0];

const questionOf = ({ task, template, scoring }: Question): Question => ({ task, template, scoring });

const sameQuestion = (a: Question, b: Question): boolean =>
  JSON.stringify(questionOf(a)) === JSON.stringify(questionOf(b));

export async function stopScoring(): Promise<void> {
  const { progress, stopping } = scoreStore.getState();
  if (progress === null || stopping) return;
  scoreStore.setState({ stopping: true });
  try {
    await (await engine()).stop();
  } catch (error) {
    reportError(error);
  }
}
