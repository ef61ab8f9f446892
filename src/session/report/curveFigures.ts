import { axisOver, axisWithin, evenTicks } from '../plot/axis.ts';
import { integer } from '../format.ts';
import { thin } from '../thinLosses.ts';
import type { SessionView } from '../view.ts';
import { html } from './html.ts';
import type { Markup } from './html.ts';
import { linePath, plot, stepPath } from './plot.ts';
import type { Placing } from './plot.ts';
import { figure, tableTwin } from './table.ts';

const size = { width: 460, height: 260 };
/** Means over equal stretches: single steps are noisy. */
const mostLosses = 120;

/** Share of the accuracy-vs-MACs plane that the front has won. */
export function hypervolumeFigure({ hypervolume }: SessionView): Markup | null {
  if (hypervolume.length === 0) return null;
  const points = hypervolume.map((each): Place => [each.generation, each.hypervolume]);
  const twin = tableTwin(
    'Hypervolume',
    ['Generation', 'Scored', 'Hypervolume'],
    hypervolume.map((each) => [each.generation, integer(each.evaluations), each.hypervolume.toPrecision(5)]),
  );
  return curve({ name: 'Hypervolume', xTitle: 'Generation', points, path: stepPath }, twin);
}

/** Cross-entropy a token, over the steps of the training. */
export function lossFigure({ losses }: SessionView): Markup | null {
  if (losses.length === 0) return null;
  const means = thin(losses, mostLosses);
  const points = means.map((each): Place => [each.step, each.loss]);
  const twin = tableTwin(
    'Loss',
    ['Step', 'Loss'],
    means.map((each) => [integer(each.step), each.loss.toPrecision(4)]),
    losses.length > means.length
      ? `Means over stretches of about ${Math.round(losses.length / means.length)} steps.`
      : null,
  );
  return curve({ name: 'Loss', xTitle: 'Step', points, path: linePath }, twin);
}

type Place = readonly [x: number, y: number];

interface Curve {
  name: string;
  xTitle: string;
  points: readonly Place[];
  path: (places: readonly Place[]) => string;
}

function curve({ name, xTitle, points, path }: Curve, twin: Markup): Markup {
  const first = points[0]?.[0] ?? 0;
  const last = Math.max(first + 1, points.at(-1)?.[0] ?? 0);
  const x = axisWithin(first, last, 6, true);
  const y = axisOver(
    points.map((point) => point[1]),
    4,
    [0, Infinity],
  );
  const axes = {
    x: { ...x, title: xTitle, text: integer },
    y: { ...y, title: name, text: evenTicks(y.ticks) },
  };
  const draw = (place: Placing) => {
    const places = points.map(([across, up]): Place => [place.x(across), place.y(up)]);
    return html`<path class="curve" d="${path(places)}" />`;
  };
  return figure(name, plot({ name, ...axes, ...size }, draw), twin);
}
