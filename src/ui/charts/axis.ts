export interface Axis {
  domain: [number, number];
  ticks: number[];
}

/**
 * Round numbers that cover the values with a little air, so that a live chart's axis moves seldom. `least` is the
 * smallest span worth showing: a single point must not look like a range.
 */
export function axisOver(
  values: readonly number[],
  wanted: number,
  bounds: [number, number] = [-Infinity, Infinity],
  least = 0,
): Axis {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [0, 1];
  const missing = Math.max(0, least - (high - low));
  [low, high] = [low - missing / 2, high + missing / 2];
  const air = (high - low) * 0.05 || Math.abs(high) * 0.05 || 0.5;
  const step = roundStep((high - low + 2 * air) / wanted);
  const from = Math.max(bounds[0], Math.floor((low - air) / step) * step);
  const to = Math.min(bounds[1], Math.ceil((high + air) / step) * step);
  const ticks: number[] = [];
  for (let index = Math.ceil(from / step - 1e-9); index * step <= to + step * 1e-9; index++)
    ticks.push(index * step);
  return { domain: [from, to], ticks };
}

/** The next of 1, 2, 5 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= step) ?? 10;
  return factor * power;
}
