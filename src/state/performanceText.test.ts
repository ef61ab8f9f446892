import { expect, test } from 'vitest';
import type { DevicePerformance } from '../workers/studio.protocol.ts';
import { kernelText, performanceMarkdown, timingText } from './performanceText.ts';

const at = (median: number) => ({ median, low: median / 2, high: 2 * median });

const device: DevicePerformance = {
  backend: 'webgpu',
  adapter: 'a GPU',
  kernels: 'subgroups of 4',
  timing: 'timestamps',
  batch: { sequences: 8, length: 128 },
  ceilings: [
    { label: 'multiply–add', unit: 'GFLOP/s', value: at(10) },
    { label: 'copy', unit: 'GB/s', value: at(2) },
  ],
  throughput: [{ label: 'training, 8 × 128', unit: 'tokens/s', value: at(1234) }],
  kernelTimes: [
    { group: 'training step, 1024 tokens', label: 'wall', unit: 'ms', value: at(4) },
    {
      label: '3 × matmul',
      unit: 'ms',
      value: at(2),
      kernel: { milliseconds: 2, flop: 8e6, bytes: 1e6 },
    },
  ],
};

test('the text names the device, the shape, how it was timed, and each kernel’s share of its ceiling', () => {
  const text = performanceMarkdown({ model: 'demo', parameters: 131_000, rank: 8, devices: [device] });
  expect(text).toContain('## WebGPU, a GPU');
  expect(text).toContain('8 × 128 tokens; subgroups of 4. Kernels timed by the device’s own clock');
  expect(text).toContain('| training, 8 × 128 | 1,234 (617–2,468) | tokens/s |  |');
  expect(text).toContain('| training step: wall | 4 (2–8) | ms |  |');
  // 4 of 10 GFLOP/s is nearer than half a GB/s of 2.
  expect(text).toContain('| 3 × matmul | 2 (1–4) | ms | 4 GFLOP/s, 40 % |');
});

test('a kernel is told apart from the same one in another step', () => {
  const kernel = { group: 'kernels of the training step', label: '3 × matmul', unit: 'ms', value: at(2) };
  expect(kernelText(kernel)).toBe('3 × matmul, training step');
});

test('without timestamps it says how kernels were timed; the CPU tells of none', () => {
  expect(timingText({ ...device, timing: 'repeated dispatches' })).toContain('no timestamp queries');
  expect(timingText({ ...device, timing: null })).toBeNull();
});
