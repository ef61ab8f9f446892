import type { SessionEvent } from './events.ts';
import { integer } from './format.ts';
import { Places } from './places.ts';
import { viewOf } from './reduce.ts';
import { sameGenome } from './view.ts';
import type { Point, SessionView } from './view.ts';

export interface Thinned {
  log: SessionEvent[];
  notice: string;
}

/**
 * Makes a log fit by leaving out what matters least, as little of it as will do: first the *genes* of dominated and
 * infeasible sub-networks (their dots stay on the chart, but cannot be chosen), then those sub-networks altogether. The
 * front, tagged points, the chosen one and rows of the table are always whole. null where even that is not enough.
 */
export function thinPoints(
  log: readonly SessionEvent[],
  fits: (log: SessionEvent[]) => boolean,
): Thinned | null {
  const view = viewOf(log);
  const removable = view.points.filter((point) => isRemovable(point, view)).map((point) => point.index);
  for (const strategy of [withoutGenes, withoutPoints]) {
    if (!fits(strategy(log, new Set(removable)))) continue;
    const left = leastThatFits(removable, (dropped) => fits(strategy(log, new Set(dropped))));
    const what = strategy === withoutGenes ? 'the genes of' : '';
    const notice = `To stay short, the link leaves out ${what} ${integer(left.length)} of ${integer(view.points.length)} scored sub-networks, none of them on the front. The session file holds all.`;
    return { log: strategy(log, new Set(left)), notice: notice.replace('  ', ' ') };
  }
  return null;
}

function isRemovable(point: Point, view: SessionView): boolean {
  if (!point.dominated || point.tag !== null || point.genome === null) return false;
  if (view.chosen && sameGenome(view.chosen.genome, point.genome)) return false;
  return !view.results.some((row) => row.genome && sameGenome(row.genome, point.genome));
}

/** Bisects how many must go, and spreads them evenly over the run. */
function leastThatFits(removable: number[], fits: (dropped: number[]) => boolean): number[] {
  let [low, high] = [0, removable.length];
  while (high - low > Math.max(1, removable.length >> 6)) {
    const middle = (low + high) >> 1;
    if (fits(spread(removable, middle))) high = middle;
    else low = middle;
  }
  return spread(removable, high);
}

const spread = (items: number[], count: number): number[] =>
  Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)] ?? 0);

function withoutGenes(log: readonly SessionEvent[], dropped: Set<number>): SessionEvent[] {
  const places = new Places();
  return log.map((event) =>
    event.type === 'evaluated' && dropped.has(places.take(event)) ? { ...event, genome: null } : event,
  );
}

function withoutPoints(log: readonly SessionEvent[], dropped: Set<number>): SessionEvent[] {
  const places = new Places();
  return log.filter((event) => event.type !== 'evaluated' || !dropped.has(places.take(event)));
}
