import { instantiate, joinedWord, scratchWord, type Kernels, type ThreadStart } from './module.ts';
import type { WasmMemory } from './memory.ts';
import { allocated } from './store.ts';

/**
 * Starts a thread that instantiates the module over the memory and calls `serve(board)`, which never returns. Gives
 * what ends it. Of a page (`page-threads.ts`) or of Node (`node-threads.ts`).
 */
export type StartThread = (start: ThreadStart) => () => void;

const boardBytes = 64;

/** The threads that kernels run on: the one that asks, and helpers. */
export class ThreadPool {
  readonly threads: number;
  /** Resolves, with the reason, when a kernel has trapped on any thread: threads then no longer wait for each other. */
  readonly lost: Promise<string>;
  readonly #kernels: Kernels;
  readonly #memory: WasmMemory;
  readonly #board: number;
  readonly #stops: (() => void)[];
  #tellLoss: (reason: string) => void = () => {};
  #failure: Error | null = null;
  #scratch = 0;
  #scratchBytes = 0;

  private constructor(kernels: Kernels, memory: WasmMemory, board: number, stops: (() => void)[]) {
    this.#kernels = kernels;
    this.#memory = memory;
    this.#board = board;
    this.#stops = stops;
    this.threads = 1 + stops.length;
    this.lost = new Promise((resolve) => (this.#tellLoss = resolve));
  }

  static async open(
    module: WebAssembly.Module,
    memory: WasmMemory,
    helpers: number,
    start: StartThread,
  ): Promise<ThreadPool> {
    const board = memory.allocate(boardBytes);
    memory.words(board, boardBytes / 4).fill(0);
    const kernels = await instantiate(module, memory.memory);
    const stops = Array.from({ length: helpers }, () => start({ module, memory: memory.memory, board }));
    if (!(await joined(memory.integers(board, boardBytes / 4), helpers))) {
      for (const stop of stops.splice(0)) stop();
      // Who joined is not waited for: a new board has no helpers.
      return ThreadPool.open(module, memory, 0, start);
    }
    return new ThreadPool(kernels, memory, board, stops);
  }

  /** Sees that each thread has so many bytes of its own. Throws 'out-of-memory' without room. */
  reserve(bytes: number): void {
    if (bytes <= this.#scratchBytes) return;
    const each = Math.ceil(bytes / 64) * 64;
    const grown = allocated(this.#memory, each * this.threads, 'the working memory of threads');
    if (this.#scratch) this.#memory.free(this.#scratch);
    this.#scratch = grown;
    this.#scratchBytes = each;
    this.#memory.words(this.#board, boardBytes / 4).set([grown, each], scratchWord);
  }

  /** Runs the commands between two addresses; back when they are done. Throws when a thread fails, and ever after. */
  run(begin: number, end: number): void {
    if (this.#failure) throw this.#failure;
    try {
      this.#kernels.run(this.#board, begin, end);
    } catch (error) {
      this.#failure = error as Error;
      this.dispose();
      this.#tellLoss(`A kernel failed on the CPU: ${this.#failure.message}.`);
      throw error;
    }
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
  }
}

/** Milliseconds that helpers may take to come up; without them there is one thread. */
const patience = 10_000;

/**
 * Whether all helpers are up. They are waited for before anything is allocated: an engine may not tell a thread that is
 * just starting that the memory has grown.
 */
async function joined(board: Int32Array, helpers: number): Promise<boolean> {
  const began = performance.now();
  while (Atomics.load(board, joinedWord) < helpers) {
    if (performance.now() - began > patience) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}
