import { expect, it } from 'vitest';
import { countCalls, ownDevice } from '../backends/webgpu/device.testing.ts';
import { WebGpuBackend } from '../backends/webgpu/webgpu.ts';
import { tinyConfig, tinyOptions, tinyStep, tinyStore } from './tiny.testing.ts';
import { SupernetTrainer } from './trainer.ts';

it('makes nothing after the first step, and reads back only when it is asked', async () => {
  const device = await ownDevice();
  const counts = countCalls(device);
  const backend = new WebGpuBackend(device);
  const trainer = await SupernetTrainer.create(backend, tinyStore(backend), tinyConfig, tinyOptions);
  tinyStep(trainer, 0);
  await trainer.losses();
  expect(counts()).toMatchObject({ mapAsync: 1 });
  const before = counts();
  expect(before['createBindGroup']).toBeGreaterThan(before['createShaderModule']!);
  expect(before['createComputePipelineAsync']).toBe(before['createShaderModule']);
  for (let step = 1; step < 4; step++) tinyStep(trainer, step);
  await backend.idle();
  await trainer.losses();
  for (let step = 4; step < 6; step++) tinyStep(trainer, step);
  await trainer.losses();
  expect(counts()).toEqual({ ...before, mapAsync: 3 });
  backend.dispose();
});
