import { roughly } from '../../session/format.ts';
import { timeLeft } from '../../session/view.ts';
import type { SessionView, StageView } from '../../session/view.ts';

/**
 * What is left, as far as it is known: of the stage, and of the search and the baseline's training together, whose
 * paces are known once both have been seen. What comes after them (tests, exports) is not counted, and not claimed.
 * Empty while it would be a guess.
 */
export function leftText(view: SessionView): string {
  const stage = timeLeft(view);
  if (stage === null) return '';
  const all = untilTests(view, stage);
  const left = `${roughly(stage)} left in this stage`;
  return all === null ? left : `${left}, ${roughly(all)} until the tests`;
}

/** Milliseconds; null where it is no more than the stage's own, or not known. */
export function untilTests(view: SessionView, left: number): number | null {
  const { recipe, stages } = view;
  if (stages.at(-1)?.stage !== 'search' || !recipe?.baseline) return null;
  // A baseline that a constraint compares with was trained before.
  const [trained, baseline] = stages.filter(({ stage }) => stage === 'train');
  const pace = trained && !baseline ? paceOf(trained) : null;
  return pace === null ? null : left + pace * recipe.training.steps;
}

/** Milliseconds a step, pauses not counted. */
function paceOf({ startedAt, updatedAt, pausedFor, done }: StageView): number | null {
  const worked = updatedAt - startedAt - pausedFor;
  return done > 0 && worked > 0 ? worked / done : null;
}
