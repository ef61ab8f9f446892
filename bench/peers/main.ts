import { Random } from '../../src/lib/random.ts';
import { elapsed, interleaved, repetitions, spreadOf } from '../page/timing.ts';
import type { Matmul, MatmulShape, PeersPage, PeerTime } from '../protocol.ts';
import type { Contender, Operands, Prepared } from './contender.ts';
import { openJax } from './jax.ts';
import { openOrt } from './ort.ts';
import { openPare } from './pare.ts';
import { openTfjs } from './tfjs.ts';

/** Milliseconds of one measurement, about. */
const portion = 150;
/** Largest difference from our result, over its root mean square, that is rounding: sums of at most 768 products. */
const tolerance = 1e-4;

async function open(): Promise<PeersPage> {
  const pare = await openPare();
  const opened = await Promise.allSettled([openJax(), openOrt(), openTfjs()]);
  const peers = opened.flatMap((peer) => (peer.status === 'fulfilled' ? [peer.value] : []));
  const missing = opened.flatMap((peer) => (peer.status === 'rejected' ? [String(peer.reason)] : []));
  return { missing, matmul: (shape, rounds) => compare([pare, ...peers], operandsOf(shape), rounds) };
}

async function compare(
  contenders: readonly Contender[],
  operands: Operands,
  rounds: number,
): Promise<Matmul> {
  const prepared: Prepared[] = [];
  const results: Float32Array[] = [];
  for (const contender of contenders) {
    const ready = await contender.prepare(operands);
    prepared.push(ready);
    results.push(await ready.result());
  }
  const [rows, inner, columns] = operands.shape;
  const flop = 2 * rows * inner * columns;
  const differences = results.map((result) => difference(result, results[0]!));
  const wrong = differences.findIndex((value) => !(value < tolerance));
  if (wrong >= 0)
    throw new Error(`${contenders[wrong]!.name} computes something else: ${differences[wrong]}`);
  const candidates: (() => Promise<number>)[] = [];
  for (const one of prepared) candidates.push(await candidate(one, flop));
  const rates = await interleaved(candidates, rounds);
  for (const one of prepared) await one.dispose();
  const ours = rates[0]!;
  const peers = contenders.slice(1).map(({ name }, index): PeerTime => {
    const theirs = rates[index + 1]!;
    return {
      name,
      gflops: spreadOf(theirs),
      ratio: {
        ...spreadOf(ours.map((rate, round) => rate / theirs[round]!)),
        median: spreadOf(ours).median / spreadOf(theirs).median,
      },
      difference: differences[index + 1]!,
    };
  });
  return { shape: operands.shape, ours: spreadOf(ours), peers };
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

window.peers = open();
