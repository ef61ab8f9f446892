/** What of the plane is looked at, in the axes' own units. */
export interface Extent {
  x: Span;
  y: Span;
}
export type Span = readonly [from: number, to: number];
/** A place or a way within an extent, as fractions of its width and its height; y points up. */
export interface Fractions {
  x: number;
  y: number;
}

/** So many times larger than the whole, at most: beyond, there is nothing between two points. */
const most = 500;
const middle: Fractions = { x: 0.5, y: 0.5 };

/** Zoomed by a factor (below 1: nearer) around a place that stays where it is. null: the whole is in sight again. */
export function scaled(extent: Extent, full: Extent, factor: number, at: Fractions = middle): Extent | null {
  return within({ x: scaleSpan(extent.x, factor, at.x), y: scaleSpan(extent.y, factor, at.y) }, full);
}

/** Moved by fractions of what is in sight. */
export function moved(extent: Extent, full: Extent, by: Fractions): Extent | null {
  return within({ x: moveSpan(extent.x, by.x), y: moveSpan(extent.y, by.y) }, full);
}

/** The part between two places of an extent: what a rectangle dragged over it holds. */
export function between(extent: Extent, full: Extent, a: Fractions, b: Fractions): Extent | null {
  return within({ x: part(extent.x, a.x, b.x), y: part(extent.y, a.y, b.y) }, full);
}

/** Moved just so far that a point is in sight, with a little room around it. */
export function including(extent: Extent, full: Extent, point: { x: number; y: number }): Extent | null {
  return within({ x: reach(extent.x, point.x), y: reach(extent.y, point.y) }, full);
}

/** Kept inside the whole, and neither larger nor endlessly smaller than it; null: all of it. */
export function within(extent: Extent, full: Extent): Extent | null {
  const [x, y] = [spanWithin(extent.x, full.x), spanWithin(extent.y, full.y)];
  return isWhole(x, full.x) && isWhole(y, full.y) ? null : { x, y };
}

const part = (span: Span, a: number, b: number): Span => [
  valueAt(span, Math.min(a, b)),
  valueAt(span, Math.max(a, b)),
];

const valueAt = ([from, to]: Span, fraction: number): number => from + (to - from) * fraction;

function scaleSpan([from, to]: Span, factor: number, at: number): Span {
  const fixed = from + (to - from) * at;
  return [fixed - (fixed - from) * factor, fixed + (to - fixed) * factor];
}

function moveSpan([from, to]: Span, by: number): Span {
  const way = (to - from) * by;
  return [from + way, to + way];
}

const room = 0.08;

function reach(span: Span, value: number): Span {
  const size = span[1] - span[0];
  const [low, high] = [span[0] + size * room, span[1] - size * room];
  const by = value < low ? value - low : value > high ? value - high : 0;
  return [span[0] + by, span[1] + by];
}

function spanWithin([from, to]: Span, [low, high]: Span): Span {
  const whole = high - low;
  const size = Math.max(whole / most, Math.min(whole, to - from));
  const start = Math.max(low, Math.min(high - size, (from + to - size) / 2));
  return [start, start + size];
}

const isWhole = ([from, to]: Span, [low, high]: Span): boolean => to - from >= (high - low) * (1 - 1e-9);
