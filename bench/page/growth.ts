import type { Backend } from '../../src/backends/backend.ts';
import { MadeUp, stories260K } from '../../src/training/made-up.testing.ts';
import type { Row } from '../protocol.ts';
import type { Section } from '../section.ts';
import { elapsed, interleaved, spreadOf } from './timing.ts';

const base = { sequences: 2, length: 64, layers: 2, vocabulary: 512 };
type Point = typeof base;

/** From points where a step is no longer mostly the way to the device. */
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
 * How a training step grows. An exponent is the slope of log time over log size, by least squares; the arithmetic's is
 * the same of the multiply–accumulates that the step's dispatches count.
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
  const measured = times[0]!.map((_, round) =>
    exponent(
      sizes,
      times.map((each) => each[round]!),
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

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Slope of log y over log x, by least squares. */
function exponent(x: readonly number[], y: readonly number[]): number {
  const [u, v] = [x.map(Math.log), y.map(Math.log)];
  const [centre, level] = [mean(u), mean(v)];
  const covariance = u.reduce((sum, value, i) => sum + (value - centre) * (v[i]! - level), 0);
  return covariance / u.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}
