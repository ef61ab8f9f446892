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

/** Saves a session over the one before: all of it or nothing. */
export type SaveSession = (log: readonly SessionEvent[], checkpoint: Checkpoint | null) => Promise<void>;

export interface KeeperOptions {
  readonly save: SaveSession;
  /** What the run goes on from: it is kept until there is a newer one. */
  readonly from?: Checkpoint | null;
  readonly onTrouble: (trouble: Trouble) => void;
  /** Milliseconds between two writes, at least; 0: as often as there is something new. */
  readonly interval?: number | undefined;
}

/**
 * Keeps a run as it goes on. It never holds the run up: one file is written at a time, in the background, and the newest
 * checkpoint is what is written next. What cannot be written is told of once.
 */
export class SessionKeeper {
  readonly #options: KeeperOptions;
  readonly #log: SessionEvent[] = [];
  #checkpoint: Checkpoint | null;
  #fresh = false;
  #writing: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #next = 0;
  #troubled = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#checkpoint = options.from ?? null;
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

  /** Writes what there is, and waits until it is written (or could not be: false); nothing is written after that on its own. */
  async flush(): Promise<boolean> {
    await this.#writing;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#log.length > 0) await this.#write();
    return !this.#troubled;
  }

  /** The session file of what could not be written; null where it was. */
  unwritten(): ReadableStream<Uint8Array> | null {
    if (!this.#troubled) return null;
    return writeSavedSession({ log: [...this.#log], checkpoint: this.#checkpoint }).stream;
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
    const { interval = leastInterval } = this.#options;
    this.#fresh = false;
    const began = performance.now();
    this.#writing = this.#save();
    await this.#writing;
    this.#writing = null;
    const took = performance.now() - began;
    this.#next = performance.now() + (interval > 0 ? Math.max(interval, took / mostShare) : 0);
    if (this.#fresh) this.#schedule();
  }

  async #save(): Promise<void> {
    try {
      await this.#options.save([...this.#log], this.#checkpoint);
      this.#troubled = false;
    } catch (error) {
      if (this.#troubled) return;
      this.#troubled = true;
      this.#options.onTrouble(troubleOf(error));
    }
  }
}

/** As an entry of the library. One that was there and is no longer has been deleted by the user, and stays so. */
export function libraryEntry(
  library: SessionLibrary,
  id: string,
  { exists }: { exists: boolean },
): SaveSession {
  let isKnown = exists;
  return async (log, checkpoint) => {
    if (isKnown && !(await library.about(id))) return;
    const state = stateOf(log, checkpoint);
    const about = aboutOf(log, { id, name: '', bytes: 0, updated: new Date().toISOString(), state });
    await library.save(about, writeSavedSession({ log, checkpoint }).stream);
    isKnown = true;
  };
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
    message: `This run goes on, but it cannot be kept: ${why}`,
    remedy:
      error instanceof PareError
        ? error.remedy
        : 'Save the session or copy its link before you close the page.',
  };
}
