import { countCalls } from '../../src/backends/webgpu/device.testing.ts';
import { openDevice } from '../../src/backends/webgpu/device.ts';
import { WebGpuBackend } from '../../src/backends/webgpu/webgpu.ts';
import { MadeUp, stories260K } from '../../src/training/made-up.testing.ts';
import type { Section } from '../section.ts';
import { inRounds, spreadOf } from './timing.ts';

const shape = { sequences: 8, length: 128 };

/** From weights on the device to the first loss, on a new device each round: nothing is compiled before. */
export const section: Section = {
  title: 'First use: stories260K shape, 8 × 128 tokens, LoRA r = 8 on all 7 linear modules',
  async measure({ rounds }) {
    const built: number[] = [];
    const stepped: number[] = [];
    let made: Record<string, number> = {};
    await inRounds(rounds, async () => {
      const device = await openDevice(navigator.gpu);
      const counts = countCalls(device);
      const backend = new WebGpuBackend(device);
      const model = new MadeUp(stories260K);
      const store = model.store(backend);
      await store.settled();
      const began = performance.now();
      const trainer = await model.trainer(backend, store, shape);
      const ready = performance.now();
      trainer.step(model.batch(shape), new Int32Array(), 1e-3);
      await trainer.losses();
      stepped.push((performance.now() - ready) / 1000);
      built.push((ready - began) / 1000);
      made = counts();
      backend.dispose();
    });
    return [
      {
        label: 'to the first loss',
        unit: 's',
        value: spreadOf(built.map((seconds, round) => seconds + stepped[round]!)),
        note: 'jax-js beside it: see “A training step elsewhere”',
      },
      { label: 'graph, pipelines and buffers', unit: 's', value: spreadOf(built) },
      { label: 'the first step', unit: 's', value: spreadOf(stepped) },
      { label: 'pipelines', unit: '', value: spreadOf([made['createComputePipelineAsync']!]) },
    ];
  },
};
