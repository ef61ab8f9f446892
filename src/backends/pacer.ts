import type { Backend } from './backend.ts';

/** Multiply–accumulates to queue before waiting where the backend does not say, so that pause and stop are soon heard. */
const usualWork = 5e8;

/** Keeps what is queued on a device short: a loop over runs tells it of each, and now and then it waits. */
export class Pacer {
  readonly #backend: Backend;
  readonly #checkpoint: () => Promise<void>;
  #queued = 0;

  /** `checkpoint` is called after each wait; it may wait longer (pause), or throw (stop). */
  constructor(backend: Backend, checkpoint: () => Promise<void> = () => Promise.resolve()) {
    this.#backend = backend;
    this.#checkpoint = checkpoint;
  }

  /** After queueing so much work. */
  async ran(work: number): Promise<void> {
    this.#queued += work;
    if (this.#queued >= (this.#backend.aheadWork ?? usualWork)) await this.rest();
  }

  /** Waits now, however little is queued. */
  async rest(): Promise<void> {
    this.#queued = 0;
    await this.#backend.idle();
    await this.#checkpoint();
  }
}
