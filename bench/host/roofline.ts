import {
  ceilingsOf,
  pointsOf,
  type Ceilings,
  type RooflinePoint,
} from '../../src/backends/measure/roofline.ts';
import type { Results } from '../protocol.ts';

export interface Roofline extends Ceilings {
  readonly points: readonly RooflinePoint[];
}

/** Of the section `ceilings`; null where it was not measured. */
export const measuredCeilings = ({ sections }: Results): Ceilings | null =>
  ceilingsOf(sections.find(({ name }) => name === 'ceilings')?.rows ?? []);

/** All kernels of a run as points. */
export function rooflineOf(results: Results): Roofline | null {
  const ceilings = measuredCeilings(results);
  const points = pointsOf(results.sections.flatMap(({ rows }) => rows));
  return ceilings && points.length > 0 ? { ...ceilings, points } : null;
}

const [width, height] = [640, 360];
const [left, right, top, bottom] = [56, 624, 20, 312];

/** SVG in colours that both themes show: points in the kinds' colours, the measured ceilings as lines. */
export function rooflinePicture({ points, arithmetic, copy }: Roofline): string {
  const x = logarithmic(
    points.map(({ intensity }) => intensity),
    [left, right],
  );
  const y = logarithmic([...points.map(({ rate }) => rate), arithmetic], [bottom, top]);
  const [lowest, highest] = x.domain;
  const knee = Math.min(Math.max(arithmetic / copy, lowest), highest);
  const roof = [
    [lowest, Math.min(arithmetic, lowest * copy)],
    [knee, Math.min(arithmetic, knee * copy)],
    [highest, Math.min(arithmetic, highest * copy)],
  ].map(
    ([intensity, rate]) => `${x.at(intensity!).toFixed(1)},${y.at(Math.max(rate!, y.domain[0])).toFixed(1)}`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#8a8a8a" role="img" aria-label="Roofline: GFLOP/s of the kernels against their arithmetic intensity, under the measured ceilings">`,
    ...x.ticks.map((tick) => vertical(x.at(tick), tick)),
    ...y.ticks.map((tick) => horizontal(y.at(tick), tick)),
    `<polyline points="${roof.join(' ')}" fill="none" stroke="#d9822b" stroke-width="2"/>`,
    text(
      right,
      y.at(arithmetic) - 6,
      `multiply–add ${arithmetic.toFixed(1)} GFLOP/s, copy ${copy.toFixed(2)} GB/s`,
      'end',
    ),
    ...points.map(({ label, intensity, rate }) => dot(x.at(intensity), y.at(rate), label)),
    ...legend(points),
    text((left + right) / 2, height - 8, 'floating-point operations a byte of operands', 'middle'),
    text(8, top - 6, 'GFLOP/s', 'start'),
    '</svg>\n',
  ].join('\n');
}

interface Axis {
  readonly domain: readonly [low: number, high: number];
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** Whole decades around the values. */
function logarithmic(values: readonly number[], [from, to]: readonly [number, number]): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    domain: [10 ** low, 10 ** high],
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
  };
}

const kinds: readonly (readonly [name: string, pattern: RegExp, colour: string])[] = [
  ['matmul', /matmul/, '#2f6fde'],
  ['attention', /attention/, '#c2408f'],
  ['others', /./, '#3a9a5b'],
];
const kindOf = (label: string) => kinds.find(([, pattern]) => pattern.test(label))!;

const dot = (x: number, y: number, label: string): string =>
  `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4" fill="${kindOf(label)[2]}" fill-opacity=".7"><title>${escaped(label)}</title></circle>`;

function legend(points: readonly RooflinePoint[]): string[] {
  const used = kinds.filter((kind) => points.some(({ label }) => kindOf(label) === kind));
  return used.flatMap(([name, , colour], index) => [
    `<circle cx="${left + 12 + index * 90}" cy="${top + 6}" r="4" fill="${colour}"/>`,
    text(left + 22 + index * 90, top + 10, name, 'start'),
  ]);
}

const vertical = (x: number, tick: number): string =>
  `<line x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${top}" y2="${bottom}" stroke="#8a8a8a" stroke-opacity=".3"/>${text(x, bottom + 16, String(Number(tick.toPrecision(1))), 'middle')}`;

const horizontal = (y: number, tick: number): string =>
  `<line x1="${left}" x2="${right}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" stroke="#8a8a8a" stroke-opacity=".3"/>${text(left - 6, y + 4, String(Number(tick.toPrecision(1))), 'end')}`;

const text = (x: number, y: number, words: string, anchor: string): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escaped(words)}</text>`;

const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
