import type * as Dawn from './dawn.ts';
import { browserGpu, openDevice } from './device.ts';
import { WebGpuBackend } from './webgpu.ts';

let shared: Promise<WebGpuBackend> | undefined;

/** The WebGPU backend under test: the browser's, or Dawn in Node. One device for all tests of a process. */
export function gpuBackend(): Promise<WebGpuBackend> {
  shared ??= open();
  return shared;
}

async function open(): Promise<WebGpuBackend> {
  const gpu = browserGpu();
  if (gpu) return new WebGpuBackend(await openDevice(gpu));
  // Not a literal: a browser's bundle must not try to resolve it.
  const dawn = './dawn.ts';
  const { openDawn } = (await import(/* @vite-ignore */ dawn)) as typeof Dawn;
  return new WebGpuBackend(await openDevice(await openDawn()));
}
