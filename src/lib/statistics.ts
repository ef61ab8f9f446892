import { assert } from './assert.ts';

export function mean(values: readonly number[]): number {
  assert(values.length > 0, 'the mean of nothing');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation (n − 1). */
export function sd(values: readonly number[]): number {
  assert(values.length > 1, 'a standard deviation needs two values');
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

export function median(values: readonly number[]): number {
  assert(values.length > 0, 'the median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] as number;
  return sorted.length % 2 ? upper : ((sorted[(sorted.length >> 1) - 1] as number) + upper) / 2;
}

/**
 * Wilson's score interval of a proportion (Wilson 1927), as [low, high] in 0..1. Unlike the normal
 * approximation it stays sensible for 0 or all successes. `z`: 1.96 for 95 %.
 */
export function wilson(
  successes: number,
  trials: number,
  z = 1.959963984540054,
): [low: number, high: number] {
  assert(trials > 0 && successes >= 0 && successes <= trials, `${successes} successes in ${trials} trials`);
  const p = successes / trials;
  const scale = 1 + z ** 2 / trials;
  const centre = (p + z ** 2 / (2 * trials)) / scale;
  const half = (z / scale) * Math.sqrt((p * (1 - p)) / trials + z ** 2 / (4 * trials ** 2));
  return [successes === 0 ? 0 : centre - half, successes === trials ? 1 : centre + half];
}

export interface PairedRatio {
  /** median(ours) / median(theirs) */
  ratio: number;
  /** Smallest and largest ratio of a single pair: how steady the measurement was. */
  low: number;
  high: number;
}

/** Compares measurements taken in pairs, one of each, turn by turn, so that a slow spell hits both. */
export function pairedRatioOfMedians(ours: readonly number[], theirs: readonly number[]): PairedRatio {
  assert(ours.length === theirs.length && ours.length > 0, 'paired measurements come in equal numbers');
  const ratios = ours.map((value, i) => value / (theirs[i] as number));
  return { ratio: median(ours) / median(theirs), low: Math.min(...ratios), high: Math.max(...ratios) };
}

/** Student's t with so many degrees of freedom: P(|T| ≤ t), by the finite series of Abramowitz & Stegun 26.7.3–4. */
export function studentWithin(t: number, freedom: number): number {
  assert(Number.isInteger(freedom) && freedom > 0, `${freedom} degrees of freedom`);
  const angle = Math.atan(t / Math.sqrt(freedom));
  const squared = Math.cos(angle) ** 2;
  const odd = freedom % 2 === 1;
  let term = odd ? Math.cos(angle) : 1;
  let sum = 0;
  for (let k = odd ? 3 : 2; k <= freedom; k += 2) {
    sum += term;
    term *= (squared * (k - 1)) / k;
  }
  const series = Math.sin(angle) * sum;
  return odd ? (2 / Math.PI) * (angle + series) : series;
}

/** The t that |T| stays within with this probability. */
export function studentQuantile(probability: number, freedom: number): number {
  assert(probability >= 0 && probability < 1, `a probability of ${probability}`);
  let [low, high] = [0, 1];
  while (studentWithin(high, freedom) < probability) high *= 2;
  // Halving an interval of doubles 60 times leaves rounding only.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (studentWithin(middle, freedom) < probability) low = middle;
    else high = middle;
  }
  return high;
}

/** Confidence interval of the mean of normal values (Student's t), 95 % unless said otherwise. */
export function meanInterval(values: readonly number[], confidence = 0.95): [low: number, high: number] {
  const centre = mean(values);
  const half = (studentQuantile(confidence, values.length - 1) * sd(values)) / Math.sqrt(values.length);
  return [centre - half, centre + half];
}
