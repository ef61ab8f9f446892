import type { Graph } from '../graph/graph.ts';
import { outOfMemory, type Backend, type Program, type Store } from './backend.ts';

/** What goes wrong, and when: at the `nth` (from 1) program that is built, run that is queued, or tensor or output read. */
export type Fault =
  | { readonly at: 'compile' | 'read'; readonly nth: number; readonly how: 'out-of-memory' | 'lost' }
  // A device without memory for what is queued already is a lost one.
  | { readonly at: 'run'; readonly nth: number; readonly how: 'lost' };

export interface Faults {
  readonly faults?: readonly Fault[];
  /** Programs that need more working memory find no room. */
  readonly mostScratchBytes?: number;
}

/**
 * A backend that fails on purpose, to test what recovers from it; otherwise it is the one that it was given. Memory: the
 * `PareError` 'out-of-memory' of a device that has no room. Loss: a WebGPU device is really destroyed, at that moment; on
 * the CPU, which cannot be lost, the same is acted out. Either way (as measured in Chromium and on Dawn) `lost` resolves,
 * reads under way and to come reject with an `AbortError`, while `compile`, `run`, `write`, `settled` and `idle` go on as
 * if nothing had happened, to no effect. Take a new backend then, with no faults or others.
 *
 *     const backend = new FaultyBackend(await openBackend(), { faults: [{ at: 'run', nth: 3, how: 'lost' }] });
 *     const small = new FaultyBackend(new CpuBackend(), { mostScratchBytes: 1e6 });
 */
export class FaultyBackend implements Backend {
  readonly lost: Promise<string>;
  /** How often each has happened. */
  readonly counts = { compile: 0, run: 0, read: 0 };
  readonly #backend: Backend;
  readonly #faults: Faults;
  #isLost = false;
  #tellLoss!: (reason: string) => void;

  constructor(backend: Backend, faults: Faults) {
    this.#backend = backend;
    this.#faults = faults;
    const actedOut = new Promise<string>((resolve) => (this.#tellLoss = resolve));
    this.lost = Promise.race([backend.lost, actedOut]);
  }

  get facts(): Backend['facts'] {
    return this.#backend.facts;
  }

  /** Loses the device now. */
  lose(): void {
    this.#isLost = true;
    this.#backend.dispose();
    if (this.facts.backend === 'cpu') this.#tellLoss('The device was lost on purpose.');
  }

  createStore(): Store {
    const store = this.#backend.createStore();
    const read = store.read.bind(store);
    store.read = (name) => this.#read(() => read(name));
    return store;
  }

  async tune(graphs: readonly Graph[], checkpoint?: () => Promise<void>): Promise<void> {
    await this.#backend.tune?.(graphs, checkpoint);
  }

  precompile(graphs: readonly Graph[]): void {
    this.#backend.precompile?.(graphs);
  }

  adopt(kernels: string): void {
    this.#backend.adopt?.(kernels);
  }

  async compile(graph: Graph, store: Store): Promise<Program> {
    const how = this.#count('compile');
    const building = this.#backend.compile(graph, store);
    if (how === 'lost') this.lose();
    const program = await building;
    if (how === 'out-of-memory' || program.scratchBytes > (this.#faults.mostScratchBytes ?? Infinity)) {
      program.dispose();
      throw outOfMemory('working memory', program.scratchBytes, store.bytes());
    }
    const [run, read] = [program.run.bind(program), program.read.bind(program)];
    program.run = () => {
      const fault = this.#count('run');
      // On the CPU a run is over when it returns: a device that is lost does not get so far.
      if (fault === 'lost' && this.facts.backend === 'cpu') this.lose();
      if (!this.#isLost) run();
      if (fault === 'lost' && !this.#isLost) this.lose();
    };
    program.read = (name) => this.#read(() => read(name));
    return program;
  }

  idle(): Promise<void> {
    return this.#backend.idle();
  }

  dispose(): void {
    this.#backend.dispose();
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    const how = this.#count('read');
    if (how === 'out-of-memory') throw outOfMemory('reading', 4, 0);
    const reading = read();
    if (how === 'lost') this.lose();
    const found = await reading;
    if (this.#isLost) throw new DOMException('The device was lost.', 'AbortError');
    return found;
  }

  #count(at: Fault['at']): Fault['how'] | null {
    const nth = ++this.counts[at];
    return this.#faults.faults?.find((fault) => fault.at === at && fault.nth === nth)?.how ?? null;
  }
}
