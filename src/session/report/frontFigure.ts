import { axisOver, compactTicks, percentTicks, perplexityAxis } from '../plot/axis.ts';
import { lastGeneration, sceneAt } from '../plot/growth.ts';
import { scoresInSight } from '../plot/inSight.ts';
import { crowdMarks, crowdPath, markOf, markPath, markTitles } from '../plot/marks.ts';
import type { CrowdMark, Mark } from '../plot/marks.ts';
import { edge, placing } from '../plot/place.ts';
import type { Placing as Where } from '../plot/place.ts';
import { integer, pointScoreText } from '../format.ts';
import type { Point, SessionView } from '../view.ts';
import { html } from './html.ts';
import type { Markup } from './html.ts';
import { at, plot, stepPath } from './plot.ts';
import type { Placing, PlotAxis } from './plot.ts';
import { figure, tableTwin } from './table.ts';

const name = 'Pareto front';
/** Fronts of earlier generations that are drawn behind the last one. */
const mostEarlier = 3;
/** A report is read by people; beyond this the table holds what is on the front or has a name. */
const mostRows = 4000;

/** Accuracy (or perplexity) against MACs: all that was scored, and how the front grew. */
export function frontFigure(view: SessionView): Markup | null {
  if (view.points.length === 0) return null;
  const earlier = earlierGenerations(view);
  const axes = axesOf(view);
  const drawing = plot({ name, ...axes, width: 760, height: 400 }, (place) =>
    draw(view, earlier, axes.y.domain[0], place),
  );
  return figure(name, drawing, twin(view), legend(view, earlier));
}

function axesOf(view: SessionView): { x: PlotAxis; y: PlotAxis } {
  const macs = axisOver(
    view.points.map((point) => point.macs),
    7,
    [0, Infinity],
    view.maximalMacs * 0.2,
  );
  return {
    x: { ...macs, title: 'MACs a token', text: compactTicks(macs.ticks) },
    y: scoreAxis(scoresInSight(view), view.metric),
  };
}

function scoreAxis(scores: readonly number[], metric: SessionView['metric']): PlotAxis {
  if (metric === 'perplexity')
    return {
      ...perplexityAxis(scores, 5),
      title: 'Perplexity',
      text: (tick) => String(Number((1 / tick).toPrecision(6))),
    };
  const axis = axisOver(scores, 5, [0, 1], 0.1);
  return { ...axis, title: 'Accuracy', text: percentTicks(axis.ticks) };
}

/** Evenly over the search, from its first to the one before the last. */
function earlierGenerations(view: SessionView): number[] {
  const last = lastGeneration(view);
  const count = Math.min(mostEarlier, last);
  return Array.from({ length: count }, (_, index) => Math.floor((index * last) / count));
}

/** `lowest`: the score at the lower edge; what is below stands there, with its score. */
function draw(view: SessionView, earlier: readonly number[], lowest: number, place: Placing): Markup {
  const { points, front, heuristicScore, chosen, metric } = view;
  const { top, bottom, right } = place.area;
  const { place: where, below } = placing(points, place, lowest, bottom);
  const line = (members: readonly Point[]) =>
    stepPath(members.map((point) => [place.x(point.macs), place.y(point.score)]));
  const isInSight =
    heuristicScore !== null && place.y(heuristicScore) >= top && place.y(heuristicScore) <= bottom;
  return html`${isInSight && html`<path class="heuristic" d="M${place.area.left} ${at(place.y(heuristicScore))}H${right}" />`}
    ${crowdMarks.map((mark) => crowd(points, mark, where))}
    ${earlier.map((generation, index) => html`<path class="front-line earlier-${index + 1}" d="${line(sceneAt(view, generation).front)}" />`)}
    <path class="front-line" d="${line(front)}" />
    ${front.map((point) => point.tag === null && markAt('front', where(point)))}
    ${points.map((point) => point.tag !== null && markAt(point.tag, where(point)))}
    ${below.map((point) => html`<text class="tick" x="${at(where(point).x + edge)}" y="${at(where(point).y + 4)}">${pointScoreText(point, metric)} ↓</text>`)}
    ${ring(points[chosen?.index ?? -1], where)}`;
}

const crowd = (points: readonly Point[], mark: CrowdMark, where: Where): Markup => {
  const paths = points
    .filter((point) => markOf(point) === mark)
    .map((point) => {
      const { x, y } = where(point);
      return crowdPath(mark, at(x), at(y));
    });
  return html`<path class="mark ${mark}" d="${paths.join('')}" />`;
};

const markAt = (mark: Mark, { x, y }: { x: number; y: number }): Markup =>
  html`<path class="mark ${mark}" d="${markPath(mark)}" transform="translate(${at(x)} ${at(y)})" />`;

const ring = (point: Point | undefined, where: Where): Markup | null =>
  point
    ? html`<circle class="chosen-ring" cx="${at(where(point).x)}" cy="${at(where(point).y)}" r="9" />`
    : null;

const order = Object.keys(markTitles) as Mark[];

const key = (drawing: Markup, text: string) =>
  html`<li><svg viewBox="-9 -9 18 18" width="16" height="16" aria-hidden="true">${drawing}</svg>${text}</li>`;

function legend({ points, chosen, heuristicScore }: SessionView, earlier: readonly number[]): Markup {
  const present = new Set(points.map(markOf));
  return html`<ul class="legend">
    ${order.filter((mark) => present.has(mark)).map((mark) => key(html`<path class="mark ${mark}" d="${markPath(mark)}" />`, markTitles[mark]))}
    ${chosen !== null && key(html`<circle class="chosen-ring" r="6" />`, 'Chosen')}
    ${heuristicScore !== null && key(html`<path class="heuristic" d="M-9 0H9" />`, 'Score of the heuristic')}
    ${earlier.length > 0 && key(html`<path class="front-line earlier-2" d="M-9 5H0V-5H9" />`, `Front after generation ${earlier.join(', ')}`)}
  </ul> `;
}

function twin({ points, metric }: SessionView): Markup {
  const rows =
    points.length <= mostRows ? points : points.filter((point) => !point.dominated || point.tag !== null);
  const left = points.length - rows.length;
  return tableTwin(
    name,
    ['#', 'MACs a token', metric === 'accuracy' ? 'Accuracy' : 'Perplexity', 'Generation', 'Kind'],
    rows
      .slice(0, mostRows)
      .map((point) => [
        point.index + 1,
        integer(point.macs),
        pointScoreText(point, metric),
        point.generation,
        markTitles[markOf(point)] + (point.tag && point.violation > 0 ? ', infeasible' : ''),
      ]),
    left > 0 ? `Without ${integer(left)} dominated sub-networks; the session file holds all.` : null,
  );
}
