import { constrainedDominance } from './pareto.ts';
import type { Evaluation } from './searcher.ts';

/** An evaluation as it would be, did all that is not known yet go well. */
interface Bound {
  readonly objectives: readonly number[];
  readonly violation?: number | undefined;
}

/**
 * Whether a sub-network that scores at best as `best` says can be given up: one that was scored whole dominates it even
 * so, in MACs and score alone (the front that is drawn) and with the third objective (the one that is searched).
 *
 * Sound, however much less it would have scored: a lower score only makes the violation larger and the second objective
 * worse, and whoever dominates the better point dominates the worse one too. So it is on no front, and no rule of
 * `choose.ts` would take it where it could take the one that dominates.
 *
 * @param whole sub-networks that were scored to the end
 */
export function isHopeless(best: Bound, whole: readonly Evaluation[]): boolean {
  if (!best.objectives.every(Number.isFinite)) return false;
  const point = { objectives: best.objectives, violation: best.violation ?? 0 };
  return whole.some(
    (each) =>
      constrainedDominance(each, point) > 0 && constrainedDominance(firstTwo(each), firstTwo(point)) > 0,
  );
}

const firstTwo = ({ objectives, violation = 0 }: Bound) => ({
  objectives: objectives.slice(0, 2),
  violation,
});
