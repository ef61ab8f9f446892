import { expect, it } from 'vitest';
import { DeviceOpener } from './open-device.ts';
import { ownDevice } from './webgpu/device.testing.ts';
import { WebGpuBackend } from './webgpu/webgpu.ts';

const openGpu = async () => new WebGpuBackend(await ownDevice());

it('a GPU in software loses against the CPU, once and for all, unless it is wished for', async () => {
  let opened = 0;
  const count = () => {
    opened++;
    return openGpu();
  };
  const opener = new DeviceOpener({ openGpu: count, cpu: {} }, 'auto');
  const first = await opener.open();
  const again = await opener.open();
  const gpu = await openGpu();
  if (gpu.traits.software) {
    expect(first.notice).toMatch(/^Runs on the CPU \(WebAssembly SIMD, 1 thread\): .*is itself software/);
    expect(again.notice).toBe(first.notice);
    expect(opened).toBe(1);
  } else expect([first.notice, first.backend.facts.backend]).toEqual([null, 'webgpu']);
  const like = new DeviceOpener({ openGpu, cpu: {} }, 'auto');
  const kept = [await like.open('webgpu'), await like.open()];
  expect(kept.map(({ backend }) => backend.facts.backend)).toEqual(['webgpu', 'webgpu']);
  const wished = await new DeviceOpener({ openGpu, cpu: {} }, 'webgpu').open();
  expect([wished.notice, wished.backend.facts.backend]).toEqual([null, 'webgpu']);
});
