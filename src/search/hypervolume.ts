/** The volume between a set of points and a reference point that they should beat; the larger the better. */
import { dominance } from './pareto.ts';

type Vector = readonly number[];

/**
 * Exact hypervolume for any number of objectives (minimised). Points that are not strictly below the reference in every
 * objective add nothing. Two objectives: one sweep; more: slicing along the last one (HSO, While et al. 2006).
 */
export function hypervolume(points: readonly Vector[], reference: Vector): number {
  const inside = points.filter((p) => reference.every((r, i) => (p[i] as number) < r));
  return volume(inside, reference, reference.length);
}

/** Volume in the first `dimensions` objectives. */
function volume(points: readonly Vector[], reference: Vector, dimensions: number): number {
  if (points.length === 0) return 0;
  if (dimensions === 1) return (reference[0] as number) - Math.min(...points.map((p) => p[0] as number));
  if (dimensions === 2) return area(points, reference);
  const last = dimensions - 1;
  const sorted = [...points].sort((a, b) => (a[last] as number) - (b[last] as number));
  let total = 0;
  sorted.forEach((point, i) => {
    const next = sorted[i + 1] ?? reference;
    const height = (next[last] as number) - (point[last] as number);
    if (height > 0) total += height * volume(sorted.slice(0, i + 1), reference, last);
  });
  return total;
}

function area(points: readonly Vector[], [right = 0, top = 0]: Vector): number {
  const sorted = [...points].sort((a, b) => (a[0] as number) - (b[0] as number));
  let total = 0;
  let ceiling = top;
  for (const [x = 0, y = 0] of sorted) {
    if (y >= ceiling) continue;
    total += (right - x) * (ceiling - y);
    ceiling = y;
  }
  return total;
}

/**
 * Hypervolume of everything scored so far, one point at a time. It never falls. Only points that the present front does
 * not dominate cost anything.
 */
export class HypervolumeTracker {
  readonly #reference: Vector;
  #front: Vector[] = [];
  #value = 0;

  constructor(reference: Vector) {
    this.#reference = reference;
  }

  get value(): number {
    return this.#value;
  }

  /** Adds a point and returns the new hypervolume. */
  add(objectives: Vector): number {
    const beaten = this.#front.some((p) => dominance(p, objectives) > 0 || equal(p, objectives));
    if (!beaten) {
      this.#front = [...this.#front.filter((p) => dominance(objectives, p) <= 0), objectives];
      // Rounding must not make it fall either.
      this.#value = Math.max(this.#value, hypervolume(this.#front, this.#reference));
    }
    return this.#value;
  }
}

const equal = (a: Vector, b: Vector): boolean => a.every((x, i) => x === b[i]);
