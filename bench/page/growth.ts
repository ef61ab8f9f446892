import type { Backend } from '../../src/backends/backend.ts';
import { MadeUp, stories260K } from '../../src/training/made-up.testing.ts';
import type { Row } from '../protocol.ts';
import type { Section } from '../section.ts';
import { elapsed, interleaved, spreadOf } from './timing.ts';

const base = { sequences: 2, length: 64, layers: 2, vocabulary: 512 };
type Point = typeof base;

const axes = {
  sequences: [2, 4, 8, 16],
  length: [64, 128, 256, 512],
  layers: [2, 4, 8, 16],
  vocabulary: [1024, 2048, 4096, 8192],
} as const;

const names: Record<keyof Point, string> = {
  sequences: 'batch',
  length: 'sequence length',
  layers: 'layers',
  vocabulary: 'vocabulary',
};

/**
 * How a training step grows. An exponent is the slope of the logarithm of what a size adds to the smallest one's, over that
 * of the size that is added, by least squares: 1 where the step grows in proportion, whatever else it does. The arithmetic's
 * is the same of the multiply–accumulates that the step's dispatches count.
 */
export const section: Section = {
  title: 'Growth of a training step with each size, others being small',
  async measure({ backend, rounds, say }) {
    const rows: Row[] = [];
    for (const axis of Object.keys(axes) as (keyof Point)[]) {
      say(`growth with ${names[axis]}`);
      rows.push(...(await growthOf(backend, axis, rounds)));
    }
    return rows;
  },
};

async function growthOf(backend: Backend, axis: keyof Point, rounds: number): Promise<Row[]> {
  const sizes = axes[axis];
  const steps: Awaited<ReturnType<typeof openStep>>[] = [];
  for (const size of sizes) steps.push(await openStep(backend, { ...base, [axis]: size }));
  for (const { run } of steps) await run();
  const times = await interleaved(
    steps.map(({ run }) => run),
    rounds,
  );
  for (const { dispose } of steps) dispose();
  const predicted = exponent(
    sizes,
    steps.map(({ work }) => work),
  );
  const measured = withoutEach(times).map((kept) =>
    exponent(
      sizes,
      kept.map((each) => Math.min(...each)),
    ),
  );
  const group = `with ${names[axis]}: ${sizes.join(', ')}`;
  return [
    { group, label: 'exponent of the time', unit: '', value: spreadOf(measured) },
    { group, label: 'exponent of the arithmetic', unit: '', value: spreadOf([predicted]) },
    {
      group,
      label: 'time beyond the arithmetic, as an exponent',
      unit: '',
      value: spreadOf(measured.map((value) => value - predicted)),
      target: { sense: 'at most', value: 0.1 },
    },
    ...sizes.map((size, index): Row => ({
      group,
      label: `${names[axis]} ${size}`,
      unit: 'ms',
      value: spreadOf(times[index]!),
      note: `${(steps[index]!.work / 1e6).toFixed(0)} million multiply–accumulates`,
    })),
  ];
}

async function openStep(backend: Backend, { sequences, length, ...sizes }: Point) {
  const model = new MadeUp({ ...stories260K, ...sizes });
  const shape = { sequences, length };
  const store = model.store(backend);
  const trainer = await model.trainer(backend, store, shape);
  const batch = model.batch(shape);
  return {
    work: trainer.work,
    run: () =>
      elapsed(async () => {
        trainer.step(batch, new Int32Array(), 1e-3);
        await trainer.losses();
      }),
    dispose: () => {
      trainer.dispose();
      store.dispose();
    },
  };
}

/** Of the fastest rounds, since what else the machine does only adds; each left out once, so that the spread says how much it matters. */
const withoutEach = (times: readonly (readonly number[])[]): number[][][] =>
  times[0]!.map((_, out) => times.map((each) => each.filter((_time, round) => round !== out)));

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Slope of log(yᵢ − y₀) over log(xᵢ − x₀), by least squares. */
function exponent([x0, ...x]: readonly number[], [y0, ...y]: readonly number[]): number {
  const u = x.map((value) => Math.log(value - x0!));
  const v = y.map((value) => Math.log(value - y0!));
  const [centre, level] = [mean(u), mean(v)];
  const covariance = u.reduce((sum, value, i) => sum + (value - centre) * (v[i]! - level), 0);
  return covariance / u.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}
