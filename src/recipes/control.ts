import { PareError } from '../lib/assert.ts';

/** Thrown at a checkpoint of work that was told to stop. */
export class RunStopped extends PareError {
  constructor() {
    super('stopped', 'Stopped.', 'Start it again whenever you like.');
  }
}

/** Pause, resume and stop: stages call `checkpoint` between portions of work of at most about a second. */
export class RunControl {
  #stopped = false;
  #resume: (() => void) | null = null;
  #paused: Promise<void> | null = null;
  #listener: ((paused: boolean) => void) | null = null;

  get paused(): boolean {
    return this.#paused !== null;
  }

  /** Who hears of pauses and resumptions. */
  listen(listener: (paused: boolean) => void): void {
    this.#listener = listener;
  }

  pause(): void {
    if (this.#paused || this.#stopped) return;
    this.#paused = new Promise((resolve) => (this.#resume = resolve));
    this.#listener?.(true);
  }

  resume(): void {
    if (!this.#paused) return;
    this.#resume?.();
    this.#paused = null;
    if (!this.#stopped) this.#listener?.(false);
  }

  stop(): void {
    this.#stopped = true;
    this.resume();
  }

  /** Waits while paused; throws `RunStopped` after a stop. */
  readonly checkpoint = async (): Promise<void> => {
    if (this.#paused) await this.#paused;
    if (this.#stopped) throw new RunStopped();
  };
}
