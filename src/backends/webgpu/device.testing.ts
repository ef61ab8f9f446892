import type * as Dawn from './dawn.ts';
import { browserGpu, openDevice } from './device.ts';
import { WebGpuBackend } from './webgpu.ts';

let gpu: Promise<GPU> | undefined;
let sharedDevice: Promise<GPUDevice> | undefined;
let shared: Promise<WebGpuBackend> | undefined;

/** The WebGPU backend under test: the browser's, or Dawn in Node. One device for all tests of a process. */
export function gpuBackend(): Promise<WebGpuBackend> {
  shared ??= gpuDevice().then((opened) => new WebGpuBackend(opened));
  return shared;
}

/** A device of the test's own, that it may destroy. */
export async function ownDevice(): Promise<GPUDevice> {
  gpu ??= findGpu();
  return openDevice(await gpu);
}

/** Asks a device, outside of any error scope, for what a buffer's usage does not allow. */
export function askTheImpossible(device: GPUDevice): void {
  const buffer = device.createBuffer({ size: 16, usage: 0x80 }); // STORAGE
  device.queue.writeBuffer(buffer, 0, new Float32Array(4));
}

/** Makes the buffers of a label too large for any device: as without memory, they are invalid, and so is all use of them. */
export function leaveNoRoomFor(device: GPUDevice, label: string): void {
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) =>
    create(descriptor.label === label ? { ...descriptor, size: 2 ** 45 } : descriptor);
}

export const makers = [
  'createBuffer',
  'createShaderModule',
  'createComputePipeline',
  'createComputePipelineAsync',
  'createBindGroup',
  'createQuerySet',
] as const;

/** Counts from now on what a device makes, and how often a buffer is read back. */
export function countCalls(device: GPUDevice): () => Record<string, number> {
  const counts: Record<string, number> = Object.fromEntries([...makers, 'mapAsync'].map((name) => [name, 0]));
  const counted = <T extends object>(target: T, name: keyof T & string, after = (made: unknown) => made) => {
    const call = (target[name] as (...given: unknown[]) => unknown).bind(target);
    Object.assign(target, {
      [name]: (...given: unknown[]) => {
        counts[name]!++;
        return after(call(...given));
      },
    });
  };
  for (const name of makers) {
    if (name !== 'createBuffer') counted(device, name);
    else
      counted(device, name, (made) => {
        counted(made as GPUBuffer, 'mapAsync');
        return made;
      });
  }
  return () => ({ ...counts });
}

/** Bytes of the buffers that a device holds, that it held at most, and of the largest; from now on. */
export function countedBytes(device: GPUDevice): () => { now: number; most: number; largest: number } {
  const counted = { now: 0, most: 0, largest: 0 };
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const { size } = buffer;
    let held = size;
    counted.now += size;
    counted.most = Math.max(counted.most, counted.now);
    counted.largest = Math.max(counted.largest, size);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      counted.now -= held;
      held = 0;
      return destroy();
    };
    return buffer;
  };
  return () => ({ ...counted });
}

function gpuDevice(): Promise<GPUDevice> {
  sharedDevice ??= ownDevice();
  return sharedDevice;
}

async function findGpu(): Promise<GPU> {
  const found = browserGpu();
  if (found) return found;
  // Not a literal: a browser's bundle must not try to resolve it.
  const dawn = './dawn.ts';
  const { openDawn } = (await import(/* @vite-ignore */ dawn)) as typeof Dawn;
  return openDawn();
}

/** What a test makes of the real device, and what it saw there. */
export interface Watched {
  readonly backend: WebGpuBackend;
  /** Buffers that were made and not destroyed. */
  readonly live: Set<GPUBuffer>;
  /** Error scopes that are open. */
  scopes: number;
  /** Buffers of this label find no memory. */
  full: string | null;
  /** Pipelines that are yet to fail. */
  failures: number;
}

/** The device under test with other limits, its buffers counted, and failures on demand. */
export async function watchedBackend(
  limits: Partial<Record<keyof GPUSupportedLimits, number>> = {},
): Promise<Watched> {
  const real = await gpuDevice();
  const watched = { live: new Set<GPUBuffer>(), scopes: 0, full: null as string | null, failures: 0 };
  const refused: boolean[] = [];
  const changed: Partial<Record<keyof GPUDevice, unknown>> = {
    limits: overlaid(real.limits, limits),
    createBuffer(descriptor: GPUBufferDescriptor) {
      const buffer = real.createBuffer(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      watched.live.add(buffer);
      if (descriptor.label === watched.full) refused.fill(true);
      buffer.destroy = () => {
        watched.live.delete(buffer);
        return destroy();
      };
      return buffer;
    },
    pushErrorScope(filter: GPUErrorFilter) {
      watched.scopes++;
      refused.push(false);
      real.pushErrorScope(filter);
    },
    async popErrorScope() {
      watched.scopes--;
      const fails = refused.pop() && refused.length % 2 === 0;
      const error = await real.popErrorScope();
      return fails ? { message: 'no room' } : error;
    },
    // One device, many backends: the real one listens.
    addEventListener: () => undefined,
    createComputePipelineAsync(descriptor: GPUComputePipelineDescriptor) {
      if (watched.failures === 0) return real.createComputePipelineAsync(descriptor);
      watched.failures--;
      return Promise.reject(new Error('the compiler gave up'));
    },
  };
  return Object.assign(watched, { backend: new WebGpuBackend(overlaid(real, changed)) });
}

/** A platform object with some of its members replaced; its own methods need the object itself as `this`. */
function overlaid<T extends object>(target: T, changed: Partial<Record<keyof T, unknown>>): T {
  return new Proxy(target, {
    get(_, key) {
      if (key in changed) return changed[key as keyof T];
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
