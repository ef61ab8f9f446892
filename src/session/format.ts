import type { Point } from './front.ts';

/** Numbers as the page, the tables and the status line write them: en-US, so that a shared table reads the same. */

export const integer = (value: number): string => integers.format(Math.round(value));

/** Made once: to make one takes a hundred times as long as to use it. */
const integers = new Intl.NumberFormat('en-US');

/** 205,568 → "205.6 K": three or four significant digits and the paper's letters. */
export function compact(value: number): string {
  const units = ['', ' K', ' M', ' B', ' T'];
  let [scaled, unit] = [value, 0];
  while (Math.abs(scaled) >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  const digits = unit === 0 ? 0 : Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
  return scaled.toFixed(digits) + units[unit];
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [scaled, unit] = [value, 0];
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${scaled.toFixed(unit === 0 || scaled >= 100 ? 0 : 1)} ${units[unit]}`;
}

export const percent = (fraction: number, digits = 1): string => `${(fraction * 100).toFixed(digits)} %`;

/** "45 s", "3 min 12 s", "2 h 5 min". */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** An estimate, said no more precisely than it is known. */
export function roughly(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 8) return 'a few seconds';
  if (seconds < 55) return `about ${Math.round(seconds / 10) * 10 || 10} s`;
  if (seconds < 600) {
    const halves = Math.max(2, Math.round(seconds / 30));
    return `about ${halves / 2} min`;
  }
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 1800) / 2} h`;
}

/** The score as people read it: 62.5 % or a perplexity (the log holds 1/perplexity, so that higher is better). */
export function scoreText(score: number, metric: 'accuracy' | 'perplexity'): string {
  if (metric === 'accuracy') return percent(score);
  return score > 0 ? (1 / score).toPrecision(4) : '∞';
}

/** Of a point whose scoring was stopped: what it could have reached. */
export const pointScoreText = (
  { score, unfinished }: Pick<Point, 'score' | 'unfinished'>,
  metric: 'accuracy' | 'perplexity',
): string => `${unfinished ? 'at best ' : ''}${scoreText(score, metric)}`;

/** 1.71; what would be mostly zeros is written as 3.34×10⁻⁵. */
export function threeDigits(value: number): string {
  if (value === 0 || value >= 0.001) return value.toPrecision(3);
  const [digits, exponent = ''] = value.toExponential(2).split('e');
  return `${digits}×10${[...exponent].map((sign) => superscripts[sign] ?? '').join('')}`;
}

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  ...Object.fromEntries([...'⁰¹²³⁴⁵⁶⁷⁸⁹'].map((sign, digit) => [String(digit), sign])),
};

/** What was not measured. */
export const missing = '–';
