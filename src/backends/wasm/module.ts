// oxlint-disable-next-line import/default -- made by tools/kernels.mjs.
import bytes from '../../../wasm/index.ts?kernels';

/** What a helping thread is given. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the board. */
  readonly board: number;
}

/** Words of the board (wasm/threads.ts). */
export const [joinedWord, scratchWord, failedWord] = [1, 6, 9] as const;

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

/** Milliseconds after which a sleeping thread looks whether another one has died, which wakes nobody. */
export const longestSleep = 5;

/** The module's imports: its memory, and how threads sleep and wake. */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Kernels> {
  const words = new Int32Array(memory.buffer);
  const sleep = (address: number, old: number) => void Atomics.wait(words, address >> 2, old, longestSleep);
  const wake = (address: number) => void Atomics.notify(words, address >> 2);
  const { exports } = await WebAssembly.instantiate(module, { env: { memory, sleep, wake } });
  return exports as unknown as Kernels;
}

/** What a helping thread does, for ever. Where it dies, the others are told, who would wait for it. */
export async function help({ module, memory, board }: ThreadStart): Promise<void> {
  const { serve } = await instantiate(module, memory);
  try {
    serve(board);
  } catch (error) {
    Atomics.store(new Int32Array(memory.buffer), board / 4 + failedWord, 1);
    throw error;
  }
}
