import { PareError } from '../lib/assert.ts';
import type { Backend, DeviceFacts } from './backend.ts';
import { CpuBackend } from './cpu/cpu.ts';
import { fasterBy } from './faster.ts';
import type { WasmBackend, WasmOptions } from './wasm/wasm.ts';
import type { WebGpuBackend } from './webgpu/webgpu.ts';
import type { DeviceWish } from './wish.ts';

export interface OpenedDevice {
  readonly backend: Backend;
  /** Why not the GPU, in a line or two, for the user; null where it is what was asked for. */
  readonly notice: string | null;
}

export interface Machine {
  readonly openGpu: () => Promise<WebGpuBackend>;
  /** Threads of the CPU, and how to start one. */
  readonly cpu: WasmOptions;
}

/** Opens devices, again after one was lost; what was measured once holds for as long as this lives. */
export class DeviceOpener {
  readonly #machine: Machine;
  readonly #wish: DeviceWish;
  /** What a software adapter lost against, once that is known. */
  #lostBy: string | null = null;
  #like: DeviceFacts['backend'] | null = null;

  constructor(machine: Machine, wish: DeviceWish) {
    this.#machine = machine;
    this.#wish = wish;
  }

  /** `like`: what a run was on that goes on, or is reproduced. Then this decides instead of measuring, from now on. */
  async open(like: DeviceFacts['backend'] | null = null): Promise<OpenedDevice> {
    this.#like ??= like;
    if (this.#wish === 'cpu') return { backend: await this.#cpu(), notice: null };
    if (this.#lostBy) return { backend: await this.#cpu(), notice: this.#lostBy };
    let gpu: WebGpuBackend;
    try {
      gpu = await this.#machine.openGpu();
    } catch (error) {
      const backend = await this.#cpu();
      return { backend, notice: `${reasonOf(error)} It runs on the ${nameOf(backend)}.` };
    }
    if (this.#wish === 'webgpu' || !gpu.traits.software || this.#like === 'webgpu')
      return { backend: gpu, notice: null };
    if (this.#like === 'cpu') {
      gpu.dispose();
      const backend = await this.#cpu();
      return { backend, notice: `Runs on the ${nameOf(backend)}, as the session did.` };
    }
    return this.#faster(gpu);
  }

  /** What else there is to be measured beside a device: the GPU beside the CPU, and the CPU beside a GPU. */
  async beside({ facts }: Backend): Promise<Backend[]> {
    try {
      return [await (facts.backend === 'cpu' ? this.#machine.openGpu() : openWasm(this.#machine.cpu))];
    } catch {
      return [];
    }
  }

  async #faster(gpu: WebGpuBackend): Promise<OpenedDevice> {
    const cpu = await this.#cpu();
    const ratio = await fasterBy(cpu, gpu);
    if (ratio <= 1) {
      cpu.dispose();
      return { backend: gpu, notice: null };
    }
    gpu.dispose();
    this.#lostBy = `Runs on the ${nameOf(cpu)}: ${comparison(ratio, gpu.facts.adapter)}`;
    return { backend: cpu, notice: this.#lostBy };
  }

  /** By WebAssembly, else by the plain definitions, which run everywhere. */
  async #cpu(): Promise<WasmBackend | CpuBackend> {
    try {
      return await openWasm(this.#machine.cpu);
    } catch {
      return new CpuBackend();
    }
  }
}

/** Fetched where it runs: its kernels are of no use beside a GPU. */
async function openWasm(options: WasmOptions): Promise<WasmBackend> {
  const { WasmBackend } = await import('./wasm/wasm.ts');
  return WasmBackend.open(options);
}

function nameOf(backend: WasmBackend | CpuBackend): string {
  if (backend instanceof CpuBackend) return 'CPU (plain JavaScript)';
  const { threads } = backend;
  return `CPU (WebAssembly SIMD, ${threads === 1 ? '1 thread' : `${threads} threads`})`;
}

function comparison(ratio: number, adapter: string): string {
  if (ratio === Infinity) return `the GPU, ${adapter}, is itself software and was not ready within a second.`;
  return `${ratio.toFixed(ratio < 3 ? 1 : 0)} × faster here than the GPU, ${adapter}, which is itself software.`;
}

const reasonOf = (error: unknown) => (error instanceof PareError ? error.message : String(error));
