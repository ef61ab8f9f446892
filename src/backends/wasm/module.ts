// oxlint-disable-next-line import/default -- made by tools/kernels.mjs.
import bytes from '../../../wasm/index.ts?kernels';

/** What wasm/index.ts exports. Both take the address of the board (wasm/threads.ts). */
export interface Kernels {
  readonly run: (this: void, board: number, begin: number, end: number) => void;
  readonly serve: (this: void, board: number) => never;
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** The kernels, compiled once; every thread instantiates them over the same memory. */
export function kernelModule(): Promise<WebAssembly.Module> {
  return (compiled ??= WebAssembly.compile(Uint8Array.from(atob(bytes), (byte) => byte.charCodeAt(0))));
}

/**
 * The module's imports: its memory, and how threads sleep and wake. By JavaScript's Atomics, not by WebAssembly's own
 * wait: with that, sleepers of several threads were not woken in Node 20.
 */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Kernels> {
  const words = new Int32Array(memory.buffer);
  const sleep = (address: number, old: number) => void Atomics.wait(words, address >> 2, old);
  const wake = (address: number) => void Atomics.notify(words, address >> 2);
  const { exports } = await WebAssembly.instantiate(module, { env: { memory, sleep, wake } });
  return exports as unknown as Kernels;
}
