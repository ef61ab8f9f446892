import type { Point } from '../../session/view.ts';

export interface Place {
  x: number;
  y: number;
}

/** Where a point stands on the plot, in pixels. */
export type Placing = (point: Point) => Place;

type Scale = (value: number) => number | undefined;

/** Room for the marks at the lower edge, and between the lines of those that stand there. */
export const edge = 9;
const line = 16;

export interface Placed {
  place: Placing;
  /** Their scores are below what the chart shows; they stand at its lower edge, with the score beside them. */
  below: readonly Point[];
}

/** `lowest`: the score at the lower edge of the plot, `bottom`; null where nothing is to be gathered there. */
export function placing(
  points: readonly Point[],
  scales: { x: Scale; y: Scale },
  lowest: number | null,
  bottom: number,
): Placed {
  const below = lowest === null ? [] : points.filter(({ score }) => score < lowest);
  const rows = new Map(below.map((point, row) => [point.index, bottom - edge - line * row]));
  return {
    place: (point) => ({
      x: scales.x(point.macs) ?? 0,
      y: rows.get(point.index) ?? scales.y(point.score) ?? 0,
    }),
    below,
  };
}

/** The point that a pointer means: the nearest within reach; those on the front are a little easier to hit. */
export function nearest(points: readonly Point[], place: Placing, { x, y }: Place): Point | null {
  let best: { point: Point; distance: number } | null = null;
  for (const point of points) {
    const at = place(point);
    const distance = Math.hypot(at.x - x, at.y - y) - (point.dominated ? 0 : 3);
    if (distance < (best?.distance ?? reach)) best = { point, distance };
  }
  return best?.point ?? null;
}

/** Pixels. */
const reach = 18;
