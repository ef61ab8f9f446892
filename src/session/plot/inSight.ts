import type { SessionView } from '../view.ts';

/** How much taller a chart may get for the sake of the models that were not trained. */
const worthwhile = 1.6;
/** The smallest span of scores that is looked at; the untuned within it cost nothing. */
const smallest = 0.1;

/**
 * The scores that the chart must show. Training often lifts everything far above the models w/o tune; drawn to scale,
 * the front would then be a flat line at the top. Those models are marked at the lower edge instead, with their score.
 * An untuned model above all that was trained (a dense original, say, beside its sparse sub-networks) is always in sight.
 */
export function scoresInSight({ points, front, heuristicScore, metric }: SessionView): number[] {
  const all = points.map((point) => point.score);
  if (heuristicScore !== null) all.push(heuristicScore);
  if (front.length === 0) return all;
  const trained = points
    .filter(({ tag }) => tag !== 'untuned' && tag !== 'untuned-dense')
    .map((point) => point.score);
  if (heuristicScore !== null) trained.push(heuristicScore);
  const lowest = trained.reduce((least, score) => Math.min(least, score), Infinity);
  const near = all.filter((score) => score >= lowest);
  const floor = metric === 'accuracy' ? smallest : 0;
  return span(all) > worthwhile * Math.max(span(near), floor) ? near : all;
}

function span(values: readonly number[]): number {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return high - low;
}
