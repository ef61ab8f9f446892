/**
 * Pareto dominance, fronts and crowding (Deb et al. 2002, NSGA-II), minimising every objective. The details that papers
 * leave open follow pymoo 0.6.2, whose outputs are the reference of the tests.
 */

/** A point to compare: objectives to minimise, and by how much its constraints are violated (0: feasible). */
export interface Point {
  readonly objectives: readonly number[];
  readonly violation?: number;
}

/** 1: a dominates b; −1: b dominates a; 0: neither. Plain Pareto dominance of objective vectors. */
export function dominance(a: readonly number[], b: readonly number[]): 1 | 0 | -1 {
  let better = false;
  let worse = false;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    if (x < y) better = true;
    else if (x > y) worse = true;
    if (better && worse) return 0;
  }
  return better ? 1 : worse ? -1 : 0;
}

/** Deb's constrained dominance: feasible before infeasible, then the smaller violation, then the objectives. */
export function constrainedDominance(a: Point, b: Point): 1 | 0 | -1 {
  const violationA = Math.max(0, a.violation ?? 0);
  const violationB = Math.max(0, b.violation ?? 0);
  if (violationA !== violationB) return violationA < violationB ? 1 : -1;
  return violationA > 0 ? 0 : dominance(a.objectives, b.objectives);
}

/**
 * Fronts of point indices, best first; ascending indices within a front. Points without a relation,
 * equal ones included, share a front. O(points² · objectives).
 */
export function nonDominatedSort(points: readonly Point[]): number[][] {
  const dominated: number[][] = points.map(() => []);
  const dominators = points.map(() => 0);
  for (let i = 0; i < points.length; i++) {
    for (let j = i + 1; j < points.length; j++) {
      const relation = constrainedDominance(points[i] as Point, points[j] as Point);
      if (relation === 0) continue;
      const [winner, loser] = relation > 0 ? [i, j] : [j, i];
      dominated[winner]?.push(loser);
      dominators[loser] = (dominators[loser] as number) + 1;
    }
  }
  return peelFronts(dominated, dominators);
}

/** Takes away, again and again, the points that nothing left dominates. */
function peelFronts(dominated: readonly number[][], dominators: number[]): number[][] {
  const fronts: number[][] = [];
  let front = [...dominators.keys()].filter((i) => dominators[i] === 0);
  while (front.length > 0) {
    fronts.push(front);
    const next: number[] = [];
    for (const j of front.flatMap((i) => dominated[i] ?? [])) {
      dominators[j] = (dominators[j] as number) - 1;
      if (dominators[j] === 0) next.push(j);
    }
    front = next.sort((a, b) => a - b);
  }
  return fronts;
}

/** Indices of the points that none dominates. */
export const firstFront = (points: readonly Point[]): number[] => nonDominatedSort(points)[0] ?? [];

/**
 * Crowding distance of each point within a set taken as one front: the gaps to both neighbours in each objective, over
 * that objective's range, averaged over the objectives. Ends are infinite; up to two points are all infinite; a constant
 * objective adds nothing (METHODS §9; pymoo `calc_crowding_distance`).
 */
export function crowdingDistance(objectives: readonly (readonly number[])[]): number[] {
  const count = objectives.length;
  if (count <= 2) return objectives.map(() => Number.POSITIVE_INFINITY);
  const dimensions = objectives[0]?.length ?? 0;
  const distance = objectives.map(() => 0);
  for (let d = 0; d < dimensions; d++) {
    const value = (i: number): number => objectives[i]?.[d] as number;
    // Equal values keep the order of their indices (the sort is stable), as in the reference.
    const order = [...objectives.keys()].sort((a, b) => compare(value(a), value(b)));
    const range = value(order[count - 1] as number) - value(order[0] as number);
    order.forEach((i, k) => {
      const before = k === 0 ? Number.POSITIVE_INFINITY : value(i) - value(order[k - 1] as number);
      const after = k === count - 1 ? Number.POSITIVE_INFINITY : value(order[k + 1] as number) - value(i);
      distance[i] = (distance[i] as number) + orZero(before / range, range) + orZero(after / range, range);
    });
  }
  return distance.map((sum) => sum / dimensions);
}

/** Not a − b: that is NaN for two equal infinities. */
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

const orZero = (gap: number, range: number): number => (range === 0 || Number.isNaN(gap) ? 0 : gap);
