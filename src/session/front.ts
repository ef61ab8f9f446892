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
  /** Examples seen of how many, where scoring was stopped: the score is what it could have reached. Else null. */
  unfinished: { readonly seen: number; readonly of: number } | null;
  /** Not on the front: another point is better, or the point is infeasible. */
  dominated: boolean;
}

type Objectives = Pick<Point, 'macs' | 'score'>;

/** Fewer MACs and a higher score are better; equal points do not dominate each other. */
export function dominates(a: Objectives, b: Objectives): boolean {
  return a.macs <= b.macs && a.score >= b.score && (a.macs < b.macs || a.score > b.score);
}

/**
 * Adds one point to a front that is sorted by MACs (and so by score), in place and by bisection: logs of a hundred
 * thousand points come from files. Gives back the members that it dominates, which are taken out; null where the
 * newcomer is dominated itself, and left out.
 */
export function insertIntoFront<T extends Objectives>(front: T[], newcomer: T): T[] | null {
  const after = firstWhere(front, ({ macs }) => macs > newcomer.macs);
  // Of those that cost no more, the last has the highest score.
  const rival = front[after - 1];
  if (rival && dominates(rival, newcomer)) return null;
  const isEqual = rival?.macs === newcomer.macs && rival.score === newcomer.score;
  const begin = isEqual ? after : firstWhere(front, ({ macs }) => macs >= newcomer.macs);
  let end = begin;
  while (end < front.length && dominates(newcomer, front[end]!)) end++;
  return front.splice(begin, end - begin, newcomer);
}

/** Index of the first item for which `holds`, where it holds for all that follow. */
function firstWhere<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
