import { countedBytes } from '../../src/backends/webgpu/device.testing.ts';
import { openDevice } from '../../src/backends/webgpu/device.ts';
import { WebGpuBackend } from '../../src/backends/webgpu/webgpu.ts';
import { llama135M, llama25M, MadeUp, stories260K } from '../../src/training/made-up.testing.ts';
import type { Row } from '../protocol.ts';
import type { Section } from '../section.ts';
import { spreadOf } from './timing.ts';

const subjects = [
  {
    name: 'stories260K shape, f32',
    model: () => new MadeUp(stories260K),
    shape: { sequences: 8, length: 128 },
  },
  { name: '25M, bf16', model: () => new MadeUp(llama25M, 'bf16'), shape: { sequences: 2, length: 128 } },
  { name: '135M, bf16', model: () => new MadeUp(llama135M, 'bf16'), shape: { sequences: 1, length: 128 } },
];

/** Every buffer of a device of its own is counted: loading, scoring a batch, a training step. */
export const section: Section = {
  title: 'Memory: made-up Llamas with LoRA r = 8 on all linear modules',
  async measure({ say }) {
    const rows: Row[] = [];
    for (const subject of subjects) {
      say(subject.name);
      rows.push(...(await measure(subject)));
    }
    return rows;
  },
};

async function measure({ name, model: open, shape }: (typeof subjects)[number]): Promise<Row[]> {
  const device = await openDevice(navigator.gpu);
  const memory = countedBytes(device);
  const backend = new WebGpuBackend(device);
  const model = open();
  const seconds: Record<string, number> = {};
  const timed = async <T>(label: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const done = await work();
    seconds[label] = (performance.now() - began) / 1000;
    return done;
  };
  const store = await timed('loaded', async () => {
    const filled = model.store(backend);
    await filled.settled();
    return filled;
  });
  const loaded = memory().now;
  const scored = await timed('a batch scored', () => model.score(backend, store, shape));
  const trainer = await timed('trainer built', () => model.trainer(backend, store, shape));
  await timed('a step trained', async () => {
    trainer.step(model.batch(shape), new Int32Array(), 1e-3);
    scored.push(...(await trainer.losses()).values);
  });
  const bound = model.trainingBound(store, shape);
  const { most, largest } = memory();
  backend.dispose();
  if (!scored.every(Number.isFinite)) throw new Error(`${name}: a loss of ${scored.join(', ')}`);
  const group = `${name}, ${shape.sequences} × ${shape.length} tokens`;
  const times = Object.entries(seconds).map(([label, value]) => `${label} in ${value.toFixed(1)} s`);
  return [
    {
      group,
      label: 'most bytes held, over what a training step cannot do without',
      unit: '×',
      value: spreadOf([most / bound]),
      target: { sense: 'at most', value: 1.2 },
      note: times.join(', '),
    },
    {
      group,
      label: 'most bytes held',
      unit: 'MB',
      value: spreadOf([most / 1e6]),
      target: { sense: 'at most', value: 2000 },
      note: `${(loaded / 1e6).toFixed(1)} MB of them weights and adapters`,
    },
    {
      group,
      label: 'largest buffer',
      unit: 'MB',
      value: spreadOf([largest / 1e6]),
      target: { sense: 'at most', value: 2 ** 27 / 1e6 },
    },
  ];
}
