import type { PointTag } from '../events.ts';
import type { Point } from '../view.ts';

/** Every kind of point has a shape of its own; colour only helps (Okabe–Ito hues, told apart by everybody). */
export type Mark = 'front' | CrowdMark | PointTag;

/** The small marks, of which there may be thousands. */
export type CrowdMark = (typeof crowdMarks)[number];
export const crowdMarks = ['dominated', 'unfinished', 'infeasible'] as const;

export const isCrowd = (mark: Mark): mark is CrowdMark => (crowdMarks as readonly Mark[]).includes(mark);

/** What a point is drawn as. A reference point stays what it is; that it is infeasible is then said in words. */
export function markOf({
  tag,
  dominated,
  violation,
  unfinished,
}: Pick<Point, 'tag' | 'dominated' | 'violation' | 'unfinished'>): Mark {
  if (tag) return tag;
  if (violation > 0) return 'infeasible';
  if (unfinished) return 'unfinished';
  return dominated ? 'dominated' : 'front';
}

export const markTitles: Record<Mark, string> = {
  front: 'On the front',
  dominated: 'Dominated',
  unfinished: 'Stopped early: at best',
  infeasible: 'Infeasible',
  'untuned-dense': 'w/o tune, dense',
  untuned: 'w/o tune',
  lora: 'LoRA',
  heuristic: 'Heuristic',
  maximal: 'Maximal',
  minimal: 'Minimal',
};

/** SVG path of a mark around the origin. */
export function markPath(mark: Mark, size = 5): string {
  const s = size;
  switch (mark) {
    case 'front':
      return circle(s * 0.8);
    case 'dominated':
    case 'unfinished':
    case 'infeasible':
      return crowdPath(mark, 0, 0);
    case 'heuristic':
      return `M0 ${-s * 1.25}L${s * 1.25} 0L0 ${s * 1.25}L${-s * 1.25} 0Z`;
    case 'maximal':
      return `M0 ${-s * 1.15}L${s * 1.15} ${s * 0.9}L${-s * 1.15} ${s * 0.9}Z`;
    case 'minimal':
      return `M0 ${s * 1.15}L${s * 1.15} ${-s * 0.9}L${-s * 1.15} ${-s * 0.9}Z`;
    case 'lora':
      return `M${-s} ${-s}H${s}V${s}H${-s}Z`;
    case 'untuned':
      return cross(s, 0.32 * s);
    case 'untuned-dense':
      return plus(s * 1.1, 0.32 * s);
    default:
      return mark satisfies never;
  }
}

/** At a place: many of them make one path. */
export function crowdPath(mark: CrowdMark, x: number, y: number): string {
  if (mark === 'infeasible') return `M${x - 2.75} ${y - 2.75}l5.5 5.5m0 -5.5l-5.5 5.5`;
  return `M${x - 2.75} ${y}${circle(2.75).slice('M-2.75 0'.length)}`;
}

const circle = (r: number): string => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;

const plus = (s: number, t: number): string =>
  `M${-t} ${-s}H${t}V${-t}H${s}V${t}H${t}V${s}H${-t}V${t}H${-s}V${-t}H${-t}Z`;

function cross(s: number, t: number): string {
  const d = t * Math.SQRT2;
  return `M0 ${-d}L${s - d} ${-s}L${s} ${-s + d}L${d} 0L${s} ${s - d}L${s - d} ${s}L0 ${d}L${-s + d} ${s}L${-s} ${s - d}L${-d} 0L${-s} ${-s + d}L${-s + d} ${-s}Z`;
}
