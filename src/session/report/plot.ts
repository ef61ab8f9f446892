import type { Axis } from '../plot/axis.ts';
import { html } from './html.ts';
import type { Markup } from './html.ts';

export interface PlotAxis extends Axis {
  readonly title: string;
  readonly text: (tick: number) => string;
}

interface PlotOptions {
  /** What the picture is called for those who do not see it. */
  readonly name: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  /** In units of the drawing, which is scaled to the page. */
  readonly width: number;
  readonly height: number;
}

/** Where values stand in the drawing. */
export interface Placing {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly area: {
    readonly left: number;
    readonly right: number;
    readonly top: number;
    readonly bottom: number;
  };
}

const room = { left: 62, right: 16, top: 10, bottom: 42 };

/** Axes with their ticks and titles, and what `draw` puts between them. */
export function plot(options: PlotOptions, draw: (place: Placing) => Markup): Markup {
  const { name, x, y, width, height } = options;
  const area = { left: room.left, right: width - room.right, top: room.top, bottom: height - room.bottom };
  const place: Placing = {
    x: scale(x.domain, area.left, area.right),
    y: scale(y.domain, area.bottom, area.top),
    area,
  };
  const middle = { x: (area.left + area.right) / 2, y: (area.top + area.bottom) / 2 };
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}">
    ${y.ticks.map((tick) => html`<path class="grid" d="M${area.left} ${at(place.y(tick))}H${area.right}" /><text class="tick" text-anchor="end" x="${area.left - 8}" y="${at(place.y(tick) + 4)}">${y.text(tick)}</text>`)}
    ${x.ticks.map((tick) => html`<path class="grid" d="M${at(place.x(tick))} ${area.top}V${area.bottom}" /><text class="tick" text-anchor="middle" x="${at(place.x(tick))}" y="${area.bottom + 17}">${x.text(tick)}</text>`)}
    <path class="axis" d="M${area.left} ${area.bottom}H${area.right}" />
    <text class="tick" text-anchor="middle" x="${middle.x}" y="${height - 6}">${x.title}</text>
    <text class="tick" text-anchor="middle" transform="translate(13 ${middle.y}) rotate(-90)">
      ${y.title}
    </text>
    ${draw(place)}
  </svg> `;
}

function scale(
  [from, to]: readonly [number, number],
  first: number,
  last: number,
): (value: number) => number {
  const span = to - from || 1;
  return (value) => first + ((value - from) / span) * (last - first);
}

/** A coordinate, to a tenth; what is no number (a log may hold any) stands at the edge. */
export const at = (value: number): number => (Number.isFinite(value) ? Math.round(value * 10) / 10 : 0);

/** Flat until the next point: what the best is for at most so much, or what it has been since. */
export function stepPath(places: readonly (readonly [x: number, y: number])[]): string {
  const [first, ...rest] = places;
  if (!first) return '';
  return `M${at(first[0])} ${at(first[1])}${rest.map(([x, y]) => `H${at(x)}V${at(y)}`).join('')}`;
}

export const linePath = (places: readonly (readonly [x: number, y: number])[]): string =>
  places.length > 0 ? `M${places.map(([x, y]) => `${at(x)} ${at(y)}`).join('L')}` : '';
