import { compact, percent, pointScoreText } from '../../session/format.ts';
import type { Point, SessionView } from '../../session/view.ts';
import type { ComparedSession } from '../../state/compare.ts';
import { axisOver, perplexityAxis } from '../../session/plot/axis.ts';
import type { Axis } from '../../session/plot/axis.ts';
import type { Mark } from '../../session/plot/marks.ts';

/** One session's front among others, with a colour and a shape of its own. */
export interface Series {
  readonly id: string;
  readonly name: string;
  /** CSS class: `series-1` to `series-6` (compare.css). */
  readonly hue: string;
  readonly shape: Mark;
  readonly view: SessionView;
}

/** A point under the pointer or the keyboard's cursor. */
export interface Stop {
  readonly series: Series;
  readonly point: Point;
}

const hues = 6;
/** Of as many lengths that share no divisor, so that 42 sessions still differ. */
const shapes: readonly Mark[] = [
  'front',
  'lora',
  'maximal',
  'heuristic',
  'minimal',
  'untuned-dense',
  'untuned',
];

export const seriesOf = (sessions: readonly ComparedSession[]): Series[] =>
  sessions.map(({ id, name, view }, index) => ({
    id,
    name,
    view,
    hue: `series-${(index % hues) + 1}`,
    shape: shapes[index % shapes.length] as Mark,
  }));

/** The given fronts with what was chosen, by ascending MACs: the order in which the keyboard goes through them. */
export const stopsOf = (series: readonly Series[]): Stop[] =>
  series
    .flatMap((each) => shownOf(each.view).map((point) => ({ series: each, point })))
    .toSorted((a, b) => a.point.macs - b.point.macs || a.point.score - b.point.score);

/** A user may choose what is not on the front. */
function shownOf({ front, points, chosen }: SessionView): readonly Point[] {
  const point = points[chosen?.index ?? -1];
  return point?.dominated ? [...front, point] : front;
}

export const isChosen = ({ series, point }: Stop): boolean => series.view.chosen?.index === point.index;

/** The series may have been made anew since. */
export const isSame = (a: Stop, b: Stop | null): boolean =>
  a.series.id === b?.series.id && a.point.index === b.point.index;

/** “SQFT: 61.3 % at 96.1 K MACs · 74 % of the maximum · chosen”. */
export function stopText(stop: Stop): string {
  const { series, point } = stop;
  const { metric, maximalMacs } = series.view;
  const parts = [`${series.name}: ${pointScoreText(point, metric)} at ${compact(point.macs)} MACs`];
  if (maximalMacs > 0) parts.push(`${percent(point.macs / maximalMacs, 0)} of the maximum`);
  if (isChosen(stop)) parts.push('chosen');
  return parts.join(' · ');
}

/** Axes that show every given point; `wide` has room for more ticks. */
export function overlayAxes(
  stops: readonly Stop[],
  metric: SessionView['metric'],
  wide: boolean,
): { x: Axis; y: Axis } {
  const scores = stops.map(({ point }) => point.score);
  const macs = stops.map(({ point }) => point.macs);
  return {
    x: axisOver(macs, wide ? 8 : 4, [0, Infinity], Math.max(0, ...macs) * 0.1),
    y: metric === 'accuracy' ? axisOver(scores, 5, [0, 1], 0.1) : perplexityAxis(scores, 5),
  };
}
