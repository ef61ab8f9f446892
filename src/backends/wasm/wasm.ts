import type { Graph } from '../../graph/graph.ts';
import { PareError } from '../../lib/assert.ts';
import type { Backend, DeviceFacts, Program, Store } from '../backend.ts';
import { WasmMemory } from './memory.ts';
import { kernelModule } from './module.ts';
import { ThreadPool, type StartThread } from './pool.ts';
import { WasmProgram } from './program.ts';
import { WasmStore } from './store.ts';

export interface WasmOptions {
  /** Threads in all, this one included; more than one need `start`, and a thread that may wait (no page's main thread). */
  readonly threads?: number;
  readonly start?: StartThread;
}

/**
 * The CPU by WebAssembly with vectors of four numbers (SIMD). Every sum has one order, whatever the number of threads,
 * and WebAssembly's arithmetic is IEEE's: the same seed gives the same bits on every machine.
 */
export class WasmBackend implements Backend {
  readonly facts: DeviceFacts = {
    backend: 'cpu',
    adapter: 'CPU',
    maxTensorBytes: 2 ** 31 - 2 ** 16,
    features: [],
    kernels: `kernels ${revision}; WebAssembly SIMD`,
  };
  readonly lost: Promise<string>;
  readonly threads: number;
  readonly #memory: WasmMemory;
  readonly #pool: ThreadPool;

  private constructor(memory: WasmMemory, pool: ThreadPool) {
    this.#memory = memory;
    this.#pool = pool;
    this.threads = pool.threads;
    this.lost = pool.lost;
  }

  /** Throws 'no-wasm' where the engine lacks SIMD or shared memory. */
  static async open({ threads = 1, start }: WasmOptions = {}): Promise<WasmBackend> {
    try {
      const memory = new WasmMemory();
      const helpers = start ? Math.min(threads, mostThreads) - 1 : 0;
      const pool = await ThreadPool.open(await kernelModule(), memory, helpers, start ?? none);
      return new WasmBackend(memory, pool);
    } catch (error) {
      throw new PareError(
        'no-wasm',
        `This engine does not run the WebAssembly kernels: ${(error as Error).message}.`,
        'Use a current browser, or Node 20.',
      );
    }
  }

  createStore(): WasmStore {
    return new WasmStore(this.#memory);
  }

  async compile(graph: Graph, store: Store): Promise<Program> {
    return new WasmProgram(graph, store as WasmStore, this.#memory, this.#pool);
  }

  /** Work is done when `run` returns; this only lets messages in. */
  async idle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
  }

  dispose(): void {
    this.#pool.dispose();
  }
}

/** To be raised whenever the order of sums in any kernel changes: bits are other ones then (decision 24). */
const revision = 1;

/** Models of this size gain little from more, and every command waits for the slowest. */
const mostThreads = 8;

const none: StartThread = () => {
  throw new Error('no threads');
};
