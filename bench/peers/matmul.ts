import { Random } from '../../src/lib/random.ts';
import type { MatmulShape } from '../matmul.ts';
import { elapsed, interleaved, ratioOf, repetitions, spreadOf } from '../page/timing.ts';
import type { Row } from '../protocol.ts';
import type { Section } from '../section.ts';
import type { Contender, Operands, Prepared } from './contender.ts';
import { openJax } from './jax.ts';
import { openOrt } from './ort.ts';
import { openPare } from './pare.ts';
import { openTfjs } from './tfjs.ts';

/** Milliseconds of one measurement, about. */
const portion = 150;
/** Largest difference from our result, over its root mean square, that is rounding: sums of at most 768 products. */
const tolerance = 1e-4;

/** Two that the others are known by, two of larger models, two of an adapter, two of the demo. */
const shapes: readonly MatmulShape[] = [
  [256, 512, 512],
  [256, 288, 288],
  [256, 768, 288],
  [256, 288, 768],
  [256, 8, 288],
  [256, 288, 8],
  [448, 64, 256],
  [448, 256, 64],
];

export const section: Section = {
  title: 'The same matmuls elsewhere (rows × inner × columns)',
  async measure({ backend, rounds, say }) {
    const opened = await Promise.allSettled([openJax(), openOrt(), openTfjs()]);
    const peers = opened.flatMap((peer) => (peer.status === 'fulfilled' ? [peer.value] : []));
    for (const peer of opened) if (peer.status === 'rejected') say(`left out: ${String(peer.reason)}`);
    const rows: Row[] = [];
    for (const shape of shapes) rows.push(...(await compare([openPare(backend), ...peers], shape, rounds)));
    return rows;
  },
};

async function compare(contenders: readonly Contender[], shape: MatmulShape, rounds: number): Promise<Row[]> {
  const operands = operandsOf(shape);
  const prepared: Prepared[] = [];
  const results: Float32Array[] = [];
  for (const contender of contenders) {
    const ready = await contender.prepare(operands);
    prepared.push(ready);
    results.push(await ready.result());
  }
  const wrong = results.findIndex((result) => !(difference(result, results[0]!) < tolerance));
  if (wrong >= 0)
    throw new Error(`${contenders[wrong]!.name} computes something else for ${shape.join(' × ')}`);
  const [rows, inner, columns] = shape;
  const flop = 2 * rows * inner * columns;
  const candidates: (() => Promise<number>)[] = [];
  for (const one of prepared) candidates.push(await candidate(one, flop));
  const rates = await interleaved(candidates, rounds);
  for (const one of prepared) await one.dispose();
  return rowsOf(contenders, shape, rates);
}

function rowsOf(contenders: readonly Contender[], shape: MatmulShape, rates: readonly number[][]): Row[] {
  const group = shape.join(' × ');
  return contenders.flatMap(({ name }, index): Row[] => [
    { group, label: name, unit: 'GFLOP/s', value: spreadOf(rates[index]!) },
    ...(index === 0
      ? []
      : [{ group, label: `pare over ${name}`, unit: '×', value: ratioOf(rates[0]!, rates[index]!) }]),
  ]);
}

/** GFLOP/s of one portion. */
async function candidate(prepared: Prepared, flop: number): Promise<() => Promise<number>> {
  await prepared.run(1);
  const times = repetitions((await elapsed(() => prepared.run(4))) / 4, portion, 200);
  return async () => (flop * times) / (await elapsed(() => prepared.run(times))) / 1e6;
}

function operandsOf(shape: MatmulShape): Operands {
  const [rows, inner, columns] = shape;
  const random = new Random(1);
  const values = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  return { shape, x: values(rows * inner), w: values(inner * columns) };
}

function difference(theirs: Float32Array, ours: Float32Array): number {
  if (theirs.length !== ours.length) return Infinity;
  const square = ours.reduce((sum, value) => sum + value * value, 0) / ours.length;
  const largest = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0);
  return largest / Math.sqrt(square);
}
