/** One scored model on the accuracy-vs-MACs chart. `index` is its place in the order of evaluation. */
export interface Point {
  index: number;
  genome: number[] | null;
  tag: string | null;
  macs: number;
  score: number;
  generation: number;
  /** Value of the recipe's third objective; null where it has none. The front stays that of MACs and score. */
  third: number | null;
  /** By how much the recipe's constraint is violated; 0: feasible. */
  violation: number;
  /** Not on the front: another point is better, or the point is infeasible. */
  dominated: boolean;
}

type Objectives = Pick<Point, 'macs' | 'score'>;

/** Fewer MACs and a higher score are better; equal points do not dominate each other. */
export function dominates(a: Objectives, b: Objectives): boolean {
  return a.macs <= b.macs && a.score >= b.score && (a.macs < b.macs || a.score > b.score);
}

/**
 * Adds one point to a front that is sorted by MACs, in time linear in the front, so that a live chart need not
 * sort everything again for each score. Returns the same array where the newcomer is dominated.
 */
export function insertIntoFront<T extends Objectives>(front: T[], newcomer: T): { front: T[]; removed: T[] } {
  if (front.some((member) => dominates(member, newcomer))) return { front, removed: [] };
  const removed = front.filter((member) => dominates(newcomer, member));
  const kept = removed.length === 0 ? [...front] : front.filter((member) => !dominates(newcomer, member));
  const place = kept.findIndex((member) => member.macs > newcomer.macs);
  kept.splice(place === -1 ? kept.length : place, 0, newcomer);
  return { front: kept, removed };
}
