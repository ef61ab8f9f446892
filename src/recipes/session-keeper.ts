import { PareError } from '../lib/assert.ts';
import type { Checkpoint } from '../session/checkpoint.ts';
import type { SessionEvent } from '../session/events.ts';
import { appendToLog } from '../session/log.ts';
import { writeSavedSession } from '../session/saved-session.ts';
import { aboutOf, type SessionAbout } from '../storage/about.ts';
import type { SessionLibrary } from '../storage/library.ts';

/** Saving may take this share of a run's time; and a session is not saved more often than this, in milliseconds. */
const mostShare = 0.05;
const leastInterval = 2000;

/** Something that a person should know, though the run goes on. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  readonly remedy: string | null;
}

/**
 * Keeps a run in the library as it goes on. It never holds the run up: one file is written at a time, in the background,
 * and the newest checkpoint is what is written next. A library that cannot be written to is told of once.
 */
export class SessionKeeper {
  readonly id: string;
  readonly #library: SessionLibrary;
  readonly #onTrouble: (trouble: Trouble) => void;
  readonly #log: SessionEvent[] = [];
  readonly #interval: number;
  #checkpoint: Checkpoint | null = null;
  #fresh = false;
  #writing: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #next = 0;
  #troubled = false;

  constructor(
    library: SessionLibrary,
    id: string,
    onTrouble: (trouble: Trouble) => void,
    interval = leastInterval,
  ) {
    this.id = id;
    this.#library = library;
    this.#onTrouble = onTrouble;
    this.#interval = interval;
  }

  /** The log as it is now, without waiting for a checkpoint; `started` begins a new one. */
  hear(event: SessionEvent): void {
    if (event.type === 'started') this.#log.length = 0;
    appendToLog(this.#log, [event]);
  }

  offer(checkpoint: Checkpoint): void {
    this.#checkpoint = checkpoint;
    this.#fresh = true;
    this.#schedule();
  }

  /** Writes what there is, and waits until it is written. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#writing;
    if (this.#log.length > 0) await this.#write();
  }

  #schedule(): void {
    if (this.#timer !== null || this.#writing) return;
    const wait = Math.max(0, this.#next - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#write();
    }, wait);
  }

  async #write(): Promise<void> {
    this.#fresh = false;
    const began = performance.now();
    this.#writing = this.#save();
    await this.#writing;
    this.#writing = null;
    const took = performance.now() - began;
    this.#next = performance.now() + Math.max(this.#interval, took / mostShare);
    if (this.#fresh) this.#schedule();
  }

  async #save(): Promise<void> {
    const log = [...this.#log];
    const checkpoint = this.#checkpoint;
    try {
      const { stream } = writeSavedSession({ log, checkpoint });
      await this.#library.save(this.#aboutOf(log, checkpoint), stream);
      this.#troubled = false;
    } catch (error) {
      if (this.#troubled) return;
      this.#troubled = true;
      this.#onTrouble(troubleOf(error));
    }
  }

  #aboutOf(log: readonly SessionEvent[], checkpoint: Checkpoint | null): SessionAbout {
    return aboutOf(log, {
      id: this.id,
      name: '',
      bytes: 0,
      updated: new Date().toISOString(),
      state: stateOf(log, checkpoint),
    });
  }
}

/** What can be done with a saved session, beside looking at it. */
export function stateOf(log: readonly SessionEvent[], checkpoint: Checkpoint | null): SessionAbout['state'] {
  if (!checkpoint) return 'none';
  return log.some(({ type }) => type === 'finished') ? 'finished' : 'run';
}

function troubleOf(error: unknown): Trouble {
  const why = error instanceof Error ? error.message : String(error);
  return {
    code: error instanceof PareError ? error.code : 'not-kept',
    message: `This run goes on, but it cannot be kept in the browser: ${why}`,
    remedy:
      error instanceof PareError
        ? error.remedy
        : 'Save the session or copy its link before you close the page.',
  };
}
