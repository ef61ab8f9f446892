import { countCalls } from '../../src/backends/webgpu/device.testing.ts';
import { openDevice } from '../../src/backends/webgpu/device.ts';
import { WebGpuBackend } from '../../src/backends/webgpu/webgpu.ts';
import { MadeUp, stories260K } from '../../src/training/made-up.testing.ts';
import type { Row } from '../protocol.ts';
import type { Section } from '../section.ts';
import { inRounds, spreadOf } from './timing.ts';

const shape = { sequences: 8, length: 128 };
const stepsARound = 4;

/** What a step takes of the thread that asks for it, and what it makes, on a device of its own. */
export const section: Section = {
  title: 'A training step beside the device: JavaScript, encoding, and what is made after the first step',
  async measure({ rounds }) {
    const device = await openDevice(navigator.gpu);
    const counts = countCalls(device);
    const backend = new WebGpuBackend(device);
    const model = new MadeUp(stories260K);
    const trainer = await model.trainer(backend, model.store(backend), shape);
    const batch = model.batch(shape);
    const step = () => trainer.step(batch, new Int32Array(), 1e-3);
    step();
    await trainer.losses();
    const first = counts();
    const shares: number[] = [];
    const milliseconds: number[] = [];
    await inRounds(rounds, async () => {
      const began = performance.now();
      let busy = 0;
      for (let i = 0; i < stepsARound; i++) {
        const from = performance.now();
        step();
        busy += performance.now() - from;
        await backend.idle();
      }
      shares.push((100 * busy) / (performance.now() - began));
      milliseconds.push(busy / stepsARound);
      await trainer.losses();
    });
    const last = counts();
    const made = Object.keys(first).filter((name) => name !== 'mapAsync');
    const later = made.reduce((sum, name) => sum + last[name]! - first[name]!, 0);
    backend.dispose();
    const rows: Row[] = [
      {
        label: 'JavaScript and encoding, of a step',
        unit: '%',
        value: spreadOf(shares),
        target: { sense: 'at most', value: 5 },
      },
      { label: 'JavaScript and encoding', unit: 'ms', value: spreadOf(milliseconds) },
      {
        label: 'buffers, bind groups, shaders, pipelines and query sets made after the first step',
        unit: '',
        value: spreadOf([later]),
        target: { sense: 'at most', value: 0 },
        note: `before: ${made.map((name) => `${name} ${first[name]}`).join(', ')}`,
      },
      {
        label: 'read-backs a read of the losses',
        unit: '',
        value: spreadOf([(last['mapAsync']! - first['mapAsync']!) / shares.length]),
      },
    ];
    return rows;
  },
};
