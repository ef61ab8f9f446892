import type { Backend } from '../backends/backend.ts';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { closeDawn, openDawn } from '../backends/webgpu/dawn.ts';
import { openDevice } from '../backends/webgpu/device.ts';
import { WebGpuBackend } from '../backends/webgpu/webgpu.ts';
import { usage, type Flags } from './arguments.ts';

/** The device that `--device` names, which is opened when it is asked for; and another one after it was lost. */
export class Devices {
  readonly #name: string;
  #backend: Backend | null = null;

  constructor({ device }: Flags) {
    if (device !== 'webgpu' && device !== 'cpu')
      throw usage(`--device is ${device}; it must be webgpu or cpu.`);
    this.#name = device;
  }

  async open(): Promise<Backend> {
    return (this.#backend ??= await this.#next());
  }

  async reopen(): Promise<Backend> {
    this.#backend?.dispose();
    return (this.#backend = await this.#next());
  }

  close(): void {
    this.#backend?.dispose();
    closeDawn();
  }

  /** Without a GPU driver the CPU, which says so on standard error. */
  async #next(): Promise<Backend> {
    if (this.#name === 'cpu') return new CpuBackend();
    try {
      return new WebGpuBackend(await openDevice(await openDawn()));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      process.stderr.write(`${reason} Going on with the CPU backend: slower, same results.\n`);
      return new CpuBackend();
    }
  }
}
