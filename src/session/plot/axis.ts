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
  return { domain: [from, to], ticks: multiplesOf(step, from, to) };
}

/** The domain is what was said, to the last value; ticks are round numbers inside. */
export function axisWithin(from: number, to: number, wanted: number, whole = false): Axis {
  const step = roundStep((to - from) / wanted);
  return { domain: [from, to], ticks: multiplesOf(whole ? Math.max(1, step) : step, from, to) };
}

/** An axis of scores 1/perplexity that is read in perplexities. */
export function perplexityAxis(scores: readonly number[], wanted: number): Axis {
  const best = scores.reduce((most, score) => Math.max(most, score), 0);
  const { domain } = axisOver(scores, wanted, [0, 1], best * 0.3);
  return perplexityWithin(domain, wanted);
}

/** Ticks stand at round perplexities, and none so near to another that they would touch. */
export function perplexityWithin(domain: readonly [number, number], wanted: number): Axis {
  const [low, high] = domain;
  const apart = (high - low) / (wanted * 2);
  const ticks: number[] = [];
  for (const perplexity of roundPerplexities(1 / high, 1 / Math.max(low, high / 100), wanted)) {
    const tick = 1 / perplexity;
    if (tick >= low && tick <= high && Math.abs(tick - (ticks.at(-1) ?? Infinity)) >= apart) ticks.push(tick);
  }
  return { domain: [low, high], ticks: ticks.toReversed() };
}

/** Even steps where the range is narrow; 1, 2, 5, 10, … where it spans several doublings. */
function roundPerplexities(from: number, to: number, wanted: number): number[] {
  if (to / from < 4) return multiplesOf(roundStep((to - from) / (wanted * 2)), from, to);
  const powers = Array.from({ length: 12 }, (_, power) => 10 ** power);
  return powers.flatMap((power) => [power, 2 * power, 5 * power]);
}

/** More ticks than this no axis has; where numbers are too large to be told apart by `step`, counting would not end. */
const mostTicks = 100;

function multiplesOf(step: number, from: number, to: number): number[] {
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.min(first + mostTicks, to / step + 1e-9);
  const ticks: number[] = [];
  for (let offset = 0; offset <= last - first; offset++)
    ticks.push(Number(((first + offset) * step).toPrecision(12)));
  return ticks;
}

/** The next of 1, 2, 5 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** All ticks with as many decimals as the finest of them needs. */
export function evenTicks(ticks: readonly number[]): (value: number) => string {
  const decimals = ticks.map((tick) => (String(Number(tick.toPrecision(8))).split('.')[1] ?? '').length);
  const most = Math.min(6, Math.max(0, ...decimals));
  return (value) => value.toFixed(most);
}

const units = ['', ' K', ' M', ' B', ' T'];

/** `80 K`, `100 K`: in the unit of the largest tick, as fine as the ticks are apart. */
export function compactTicks(ticks: readonly number[]): (value: number) => string {
  const largest = Math.max(0, ...ticks.map(Math.abs));
  const power = largest < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(largest * 1.000001) / 3));
  const scale = 1000 ** power;
  const write = evenTicks(ticks.map((tick) => tick / scale));
  return (value) => (value === 0 ? '0' : write(value / scale) + units[power]);
}

/** `62.5 %`: fractions, as fine as the ticks are apart. */
export function percentTicks(ticks: readonly number[]): (value: number) => string {
  const write = evenTicks(ticks.map((tick) => tick * 100));
  return (value) => `${write(value * 100)} %`;
}
