import type { MatmulShape } from '../matmul.ts';
import { elapsed, interleaved, ratioOf, repetitions, spreadOf } from '../page/timing.ts';
import type { Row } from '../protocol.ts';
import type { Section } from '../section.ts';
import type { Contender, Family, Prepared, WeightForm } from './contender.ts';
import { openJax } from './jax.ts';
import { operandsOf, type Case } from './operands.ts';
import { openOrt } from './ort.ts';
import { openPare } from './pare.ts';
import { openTfjs } from './tfjs.ts';

/** Milliseconds of one measurement, about; seconds of a comparison. */
const [portion, patience] = [100, 6];
/** Largest difference from our result, over its root mean square, that is rounding: sums of at most 1024 products. */
const tolerance = 1e-4;

const cases: readonly Case[] = [
  ...group('a linear module (nt), f32 weights', 'nt', 'f32', [
    [256, 512, 512],
    [256, 288, 288],
    [256, 768, 288],
    [256, 288, 768],
    [1024, 64, 172],
    [448, 256, 64],
    [256, 288, 8],
    [256, 8, 288],
  ]),
  ...group('its input gradient (nn), f32 weights', 'nn', 'f32', [
    [256, 512, 512],
    [256, 768, 288],
    [1024, 172, 64],
  ]),
  ...group('an adapter’s gradient (tn)', 'tn', 'f32', [
    [8, 1024, 64],
    [172, 1024, 8],
    [8, 256, 512],
  ]),
  ...group('bf16 weights (f32 elsewhere), nt and nn', 'nt', 'bf16', [
    [256, 512, 512],
    [256, 288, 768],
  ]),
  ...group('bf16 weights (f32 elsewhere), nt and nn', 'nn', 'bf16', [[256, 512, 512]]),
  ...group(
    'INT4 weights, groups of 32 (MatMulNBits in onnxruntime-web, f32 elsewhere)',
    'nt',
    { group: 32 },
    [
      [256, 512, 512],
      [1, 512, 512],
    ],
  ),
  ...group(
    'INT4 weights, groups of 128 (MatMulNBits in onnxruntime-web, f32 elsewhere)',
    'nt',
    { group: 128 },
    [[1, 512, 512]],
  ),
  ...group('INT4 weights, input gradient (f32 elsewhere)', 'nn', { group: 64 }, [[256, 512, 512]]),
];

function group(name: string, family: Family, form: WeightForm, shapes: readonly MatmulShape[]): Case[] {
  return shapes.map((shape) => ({ group: name, family, form, shape }));
}

interface Compared {
  readonly row: Row;
  /** Ours over the fastest of theirs, round by round. */
  readonly ratios: readonly number[];
}

export const section: Section = {
  title: 'The same matmuls elsewhere (rows × inner × columns)',
  async measure({ backend, rounds, say }) {
    const opened = await Promise.allSettled([openJax(), openOrt(), openTfjs()]);
    const peers = opened.flatMap((peer) => (peer.status === 'fulfilled' ? [peer.value] : []));
    for (const peer of opened) if (peer.status === 'rejected') say(`left out: ${String(peer.reason)}`);
    const compared: Compared[] = [];
    for (const one of cases) compared.push(await compare([openPare(backend), ...peers], one, rounds));
    return [...compared.map(({ row }) => row), together(compared)];
  },
};

/** The geometric mean over all shapes, round by round. */
function together(compared: readonly Compared[]): Row {
  const rounds = Math.min(...compared.map(({ ratios }) => ratios.length));
  const means = Array.from({ length: rounds }, (_, round) =>
    Math.exp(compared.reduce((sum, { ratios }) => sum + Math.log(ratios[round]!), 0) / compared.length),
  );
  return {
    group: 'all of them',
    label: `pare over the fastest, geometric mean of ${compared.length}`,
    unit: '×',
    value: spreadOf(means),
    target: { sense: 'at least', value: 2.5 },
  };
}

async function compare(contenders: readonly Contender[], one: Case, rounds: number): Promise<Compared> {
  const operands = operandsOf(one);
  const prepared: Prepared[] = [];
  const results: Float32Array[] = [];
  for (const contender of contenders) {
    const ready = await contender.prepare(operands);
    prepared.push(ready);
    results.push(await ready.result());
  }
  const wrong = results.findIndex((result) => !(difference(result, results[0]!) < tolerance));
  if (wrong >= 0) {
    const apart = difference(results[wrong]!, results[0]!);
    throw new Error(
      `${contenders[wrong]!.name} computes something else for ${one.shape.join(' × ')}: ${apart}`,
    );
  }
  const [rows, inner, columns] = one.shape;
  const flop = 2 * rows * inner * columns;
  const candidates: (() => Promise<number>)[] = [];
  for (const ready of prepared) candidates.push(await candidate(ready, flop));
  const rates = await interleaved(candidates, { rounds, patience });
  for (const ready of prepared) await ready.dispose();
  return rowOf(contenders, one, rates);
}

function rowOf(contenders: readonly Contender[], one: Case, rates: readonly number[][]): Compared {
  const [ours, ...theirs] = rates as [number[], ...number[][]];
  const fastest = theirs.reduce((best, their) =>
    spreadOf(their).median > spreadOf(best).median ? their : best,
  );
  const speeds = contenders.map(
    ({ name }, index) => `${name} ${spreadOf(rates[index]!).median.toPrecision(3)}`,
  );
  return {
    ratios: ours.map((rate, round) => rate / fastest[round]!),
    row: {
      group: one.group,
      label: `${one.family} ${one.shape.join(' × ')}, pare over the fastest`,
      unit: '×',
      value: ratioOf(ours, fastest),
      target: { sense: 'at least', value: 1 },
      note: `GFLOP/s: ${speeds.join(', ')}`,
    },
  };
}

/** GFLOP/s of one portion. */
async function candidate(prepared: Prepared, flop: number): Promise<() => Promise<number>> {
  // It has run once, for its result. Some take seconds.
  const once = await elapsed(() => prepared.run(1));
  const some = once > portion / 2 ? once : (await elapsed(() => prepared.run(4))) / 4;
  const times = repetitions(some, portion, 200);
  return async () => (flop * times) / (await elapsed(() => prepared.run(times))) / 1e6;
}

function difference(theirs: Float32Array, ours: Float32Array): number {
  if (theirs.length !== ours.length) return Infinity;
  const square = ours.reduce((sum, value) => sum + value * value, 0) / ours.length;
  const largest = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0);
  return largest / Math.sqrt(square);
}
