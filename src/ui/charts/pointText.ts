import { bytes, compact, pointScoreText } from '../../session/format.ts';
import type { Recipe } from '../../session/recipe.ts';
import type { Point, SessionView } from '../../session/view.ts';
import { cutText } from './geneText.ts';
import { markTitles } from '../../session/plot/marks.ts';

/** A point in words: under the pointer, under the keyboard's cursor, for a screen reader. */
export function pointText(point: Point, view: SessionView): string {
  const { unfinished } = point;
  const score = pointScoreText(point, view.metric);
  const parts = [`${score} at ${compact(point.macs)} MACs`];
  if (view.maximalMacs > 0)
    parts.push(`${((point.macs / view.maximalMacs) * 100).toFixed(0)} % of the maximum`);
  if (point.genome) parts.push(...cutText(view.groups, point.genome));
  const objective = view.recipe?.search?.third;
  const third = objective ? thirdText(point, objective) : null;
  if (third !== null) parts.push(third);
  if (point.tag) parts.push(lowered(markTitles[point.tag]));
  if (unfinished) parts.push(`stopped after ${unfinished.seen} of ${unfinished.of} examples`);
  if (point.violation > 0) parts.push('infeasible');
  else if (!point.tag) parts.push(point.dominated ? 'dominated' : 'on the front');
  if (point.index === view.chosen?.index) parts.push('chosen');
  return parts.join(' · ');
}

/** Within a line; a name such as LoRA stays as it is. */
const lowered = (title: string): string => (/^[A-Z][a-z]+$/.test(title) ? title.toLowerCase() : title);

type Objective = NonNullable<NonNullable<Recipe['search']>['third']>;

export const thirdTitles: Record<Objective, string> = {
  parameters: 'Parameters',
  bytes: 'Bytes',
  latency: 'Latency',
};

/** The third objective's value; null where the point has none (a reference). */
export function thirdText({ third }: Pick<Point, 'third'>, objective: Objective): string | null {
  if (third === null) return null;
  switch (objective) {
    case 'parameters':
      return `${compact(third)} parameters`;
    case 'bytes':
      return bytes(third);
    case 'latency':
      return `${third.toPrecision(3)} ms a batch`;
    default:
      return objective satisfies never;
  }
}
