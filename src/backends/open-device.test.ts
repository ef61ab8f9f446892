import { expect, it } from 'vitest';
import { startNodeThread } from './wasm/node-threads.ts';
import { PareError } from '../lib/assert.ts';
import { DeviceOpener } from './open-device.ts';

const cpu = { threads: 2, start: startNodeThread };
const openGpu = () =>
  Promise.reject(new PareError('no-webgpu', 'There is no WebGPU here.', 'Use another browser.'));

it.each(['auto', 'webgpu'] as const)('%s without a GPU: the CPU, and why', async (wish) => {
  const { backend, notice } = await new DeviceOpener({ openGpu, cpu }, wish).open();
  expect(backend.facts).toMatchObject({ backend: 'cpu', kernels: 'kernels 1; WebAssembly SIMD' });
  expect(notice).toBe('There is no WebGPU here. It runs on the CPU (WebAssembly SIMD, 2 threads).');
  backend.dispose();
});

it('the CPU where it is wished for, without a word', async () => {
  const { backend, notice } = await new DeviceOpener({ openGpu, cpu }, 'cpu').open();
  expect([backend.facts.backend, notice]).toEqual(['cpu', null]);
  backend.dispose();
});
