import type { Point } from '../../session/view.ts';
import { isCrowd, markOf, type CrowdMark } from '../../session/plot/marks.ts';
import type { Place, Placing } from '../../session/plot/place.ts';

/**
 * The many: dominated, unfinished and infeasible points. There may be thousands, and more arrive ten times a second, so they are
 * painted on a canvas below the chart's SVG, which keeps the few that matter.
 */

/** Later generations are nearer to the front's colour. */
export const ages = 5;

/** A CSS colour, in terms of the theme. */
export const ageColour = (age: number): string =>
  `color-mix(in oklab, var(--front) ${Math.round((age / (ages - 1)) * 55)}%, var(--crowd))`;

/** 0 to `ages − 1`; one generation alone is of no age. */
export const ageOf = (generation: number, last: number): number =>
  last === 0 ? 0 : Math.min(ages - 1, Math.floor((generation / (last + 1)) * ages));

export interface Crowd {
  points: readonly Point[];
  place: Placing;
  /** Pixels. */
  area: { x: number; y: number; width: number; height: number };
  /** The generation that the colours end at. */
  last: number;
  /** For as long as it is the same, what was painted stays where it is. */
  frame: string;
}

/** Paints a crowd, or only who is new in it: four thousand take 17 ms, which is too much for ten times a second. */
export class CrowdPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  #frame = '';
  /** How each was painted. */
  #painted = new Map<number, CrowdMark>();
  #colours: Colours | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
  }

  paint({ points, place, area, last, frame }: Crowd): void {
    const context = this.#context;
    if (!context) return;
    if (frame !== this.#frame || this.#hasLeft(points)) this.#clear(context, area, frame);
    this.#colours ??= coloursOf(this.#canvas);
    for (const point of points) {
      const mark = markOf(point);
      if (!isCrowd(mark) || this.#painted.has(point.index)) continue;
      this.#painted.set(point.index, mark);
      const { ages: aged, bad } = this.#colours;
      const colour = mark === 'infeasible' ? bad : aged[ageOf(point.generation, last)]!;
      draw[mark](context, place(point), colour);
    }
  }

  /**
   * Somebody who was painted is there no longer, on the front or another mark: another session, an earlier generation, or
   * a stopped one that was scored to its end.
   */
  #hasLeft(points: readonly Point[]): boolean {
    let still = 0;
    for (const point of points)
      if (this.#painted.has(point.index) && this.#painted.get(point.index) === markOf(point)) still++;
    return still < this.#painted.size;
  }

  #clear(context: CanvasRenderingContext2D, area: Crowd['area'], frame: string): void {
    const { clientWidth, clientHeight } = this.#canvas;
    const scale = window.devicePixelRatio || 1;
    // Setting the size clears the canvas, and its clip with it.
    this.#canvas.width = Math.round(clientWidth * scale);
    this.#canvas.height = Math.round(clientHeight * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.beginPath();
    context.rect(area.x, area.y, area.width, area.height);
    context.clip();
    this.#frame = frame;
    this.#painted = new Map();
    this.#colours = null;
  }
}

type Draw = (context: CanvasRenderingContext2D, place: Place, colour: string) => void;

const draw: Record<CrowdMark, Draw> = { dominated: dot, unfinished: ring, infeasible: cross };

/** Hollow: where it is drawn is the best that it could have been. */
function ring(context: CanvasRenderingContext2D, { x, y }: Place, colour: string): void {
  context.globalAlpha = 0.8;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  context.arc(x, y, 2.75, 0, 2 * Math.PI);
  context.stroke();
}

function dot(context: CanvasRenderingContext2D, { x, y }: Place, colour: string): void {
  context.globalAlpha = 0.6;
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, 2.75, 0, 2 * Math.PI);
  context.fill();
}

function cross(context: CanvasRenderingContext2D, { x, y }: Place, colour: string): void {
  context.globalAlpha = 0.7;
  context.strokeStyle = colour;
  context.lineWidth = 1.25;
  context.beginPath();
  context.moveTo(x - 2.75, y - 2.75);
  context.lineTo(x + 2.75, y + 2.75);
  context.moveTo(x - 2.75, y + 2.75);
  context.lineTo(x + 2.75, y - 2.75);
  context.stroke();
}

interface Colours {
  ages: string[];
  bad: string;
}

/** A canvas knows no custom properties: the element's own colour says what they come to in this theme. */
function coloursOf(canvas: HTMLCanvasElement): Colours {
  const colourOf = (css: string): string => {
    canvas.style.color = css;
    return getComputedStyle(canvas).color;
  };
  return {
    ages: Array.from({ length: ages }, (_, age) => colourOf(ageColour(age))),
    bad: colourOf('var(--bad)'),
  };
}
