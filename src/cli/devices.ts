import type { Backend, DeviceFacts } from '../backends/backend.ts';
import { DeviceOpener } from '../backends/open-device.ts';
import { nodeThreads, startNodeThread } from '../backends/wasm/node-threads.ts';
import { closeDawn, openDawn } from '../backends/webgpu/dawn.ts';
import { openDevice } from '../backends/webgpu/device.ts';
import { WebGpuBackend } from '../backends/webgpu/webgpu.ts';
import { deviceWishes, type DeviceWish } from '../backends/wish.ts';
import { usage, type Flags } from './arguments.ts';

/** The device that `--device` names, which is opened when it is asked for; and another one after it was lost. */
export class Devices {
  readonly #opener: DeviceOpener;
  #backend: Backend | null = null;

  constructor({ device }: Pick<Flags, 'device'>) {
    if (!isWish(device)) throw usage(`--device is ${device}; it must be ${deviceWishes.join(', ')}.`);
    this.#opener = new DeviceOpener(
      {
        openGpu: async () => new WebGpuBackend(await openDevice(await openDawn())),
        cpu: { threads: nodeThreads(), start: startNodeThread },
      },
      device,
    );
  }

  /** `like`: what the session at hand was on. */
  async open(like?: Pick<DeviceFacts, 'backend'> | null): Promise<Backend> {
    return (this.#backend ??= await this.#next(like?.backend));
  }

  async reopen(): Promise<Backend> {
    this.#backend?.dispose();
    return (this.#backend = await this.#next());
  }

  close(): void {
    this.#backend?.dispose();
    closeDawn();
  }

  /** Why it is another one than might be expected is said on standard error. */
  async #next(like?: DeviceFacts['backend']): Promise<Backend> {
    const { backend, notice } = await this.#opener.open(like);
    if (notice) process.stderr.write(`${notice}\n`);
    return backend;
  }
}

const isWish = (text: string): text is DeviceWish => (deviceWishes as readonly string[]).includes(text);
