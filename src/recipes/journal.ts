import type { z } from 'zod';
import type { Store } from '../backends/backend.ts';
import { PareError } from '../lib/assert.ts';
import type { Checkpoint, SavedTensor, StepRecord } from '../session/checkpoint.ts';
import type { SessionEvent } from '../session/events.ts';
import { firstIssue } from '../session/checkLog.ts';

/** A step of a run: it is done once, and its outcome recorded. */
export interface Step<T> {
  /** Steps come in the same order in every execution of a run, under the same keys. */
  readonly key: string;
  /** Of the outcome, which is plain JSON; a recorded one comes from a file. */
  readonly schema: z.ZodType<T>;
  /** What the step leaves on the device, by name in the store. */
  readonly leaves?: () => readonly string[];
}

export interface JournalOptions {
  readonly store: Store;
  /** The session's log as it is now. */
  readonly log: () => readonly SessionEvent[];
  /** Throws where a tensor of a checkpoint does not belong to the model. */
  readonly check: (name: string, tensor: SavedTensor) => void;
  /** Hears of every new checkpoint. Nothing waits for it. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => void;
  /** Where to go on from. */
  readonly from?: Checkpoint | null;
  /** Nothing new may be done: the checkpoint is only read. */
  readonly readOnly?: boolean;
  /** Milliseconds between checkpoints within a step, at least. */
  readonly interval?: number;
}

/** Saving within a step may take this share of a run's time. */
const mostShare = 0.05;
const leastInterval = 2000;

/**
 * A run as a sequence of recorded steps. The code of a run is executed from its beginning again after an interruption;
 * a step that was recorded is not done again but gives what it gave, with the tensors that it left. Everything else in
 * that code is cheap and depends on the recipe, the seed and recorded outcomes only, so the run is soon where it was,
 * with the same state to the bit. What it emits on the way is in the log already (`replaying`).
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #records: StepRecord[] = [];
  #waiting: readonly StepRecord[];
  #partial: StepRecord | null;
  #saved = performance.now();
  #cost = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#waiting = options.from?.records ?? [];
    this.#partial = options.from?.partial ?? null;
  }

  /** Whether what happens now has happened before, and is in the log. */
  get replaying(): boolean {
    return this.#waiting.length > 0 || this.#partial !== null || this.#options.readOnly === true;
  }

  /** The key of the next recorded step; null where the run is at its newest. */
  get next(): string | null {
    return this.#waiting[0]?.key ?? null;
  }

  /** Does a step, or gives what it gave. */
  async once<T>(step: Step<T>, work: () => Promise<T>): Promise<T> {
    const record = await this.#replay(step.key);
    if (record) return valueOf(record, step.schema);
    this.#requireLive();
    const value = await work();
    await this.record(step.key, value, step.leaves?.() ?? []);
    return value;
  }

  /** Whether a step that is recorded by `record` was: then what it left is back. */
  async done(key: string): Promise<boolean> {
    if (await this.#replay(key)) return true;
    if (this.#partial === null) this.#requireLive();
    return false;
  }

  /** How far a step had come when it was interrupted in the middle; what it had on the device is back. */
  async resumed<T>({ key, schema }: Step<T>): Promise<T | null> {
    const partial = this.#partial;
    if (!partial) return null;
    if (partial.key !== key) throw other(partial.key, key);
    await this.#restore(partial);
    this.#requireLive();
    this.#partial = null;
    return valueOf(partial, schema);
  }

  /** Records a step as done. */
  async record(key: string, value: unknown, leaves: readonly string[]): Promise<void> {
    this.#records.push(await this.#recordOf(key, value, leaves, inBlob));
    this.#checkpoint(null);
  }

  /** Makes a checkpoint in the middle of a step, unless the last one is too recent to be worth the time it takes. */
  async progress(key: string, value: unknown, leaves: readonly string[]): Promise<void> {
    const { interval = leastInterval } = this.#options;
    const began = performance.now();
    if (began - this.#saved < (interval > 0 ? Math.max(interval, this.#cost / mostShare) : 0)) return;
    this.#checkpoint(await this.#recordOf(key, value, leaves, inMemory));
    this.#saved = performance.now();
    this.#cost = this.#saved - began;
  }

  #checkpoint(partial: StepRecord | null): void {
    const { log, onCheckpoint } = this.#options;
    onCheckpoint?.({ log: [...log()], records: [...this.#records], partial });
  }

  /** The next recorded step, which must be this one. */
  async #replay(key: string): Promise<StepRecord | null> {
    const [record, ...rest] = this.#waiting;
    if (!record) return null;
    if (record.key !== key) throw other(record.key, key);
    await this.#restore(record);
    this.#waiting = rest;
    this.#records.push(record);
    return record;
  }

  async #restore({ tensors }: StepRecord): Promise<void> {
    const { store, check } = this.#options;
    for (const [name, tensor] of tensors) {
      check(name, tensor);
      const bytes = await tensor.read();
      store.allocate(name, { dtype: tensor.dtype, shape: tensor.shape });
      store.write(name, bytes);
    }
    await store.settled();
  }

  /** The tensors leave the device now: what comes next may change them, and a lost device takes them along. */
  async #recordOf(
    key: string,
    value: unknown,
    leaves: readonly string[],
    held: (bytes: Uint8Array<ArrayBuffer>) => SavedTensor['read'],
  ): Promise<StepRecord> {
    const { store } = this.#options;
    const tensors = new Map<string, SavedTensor>();
    for (const name of leaves) {
      tensors.set(name, { ...store.spec(name), read: held(await store.read(name)) });
    }
    return { key, value, tensors };
  }

  #requireLive(): void {
    if (!this.#options.readOnly) return;
    throw new PareError(
      'session-untrained',
      'This session ended before its super-network was trained.',
      'Continue it first, to its end.',
    );
  }
}

/** For what stays: browsers keep large blobs out of memory. */
function inBlob(bytes: Uint8Array<ArrayBuffer>): SavedTensor['read'] {
  const blob = new Blob([bytes]);
  return async () => new Uint8Array(await blob.arrayBuffer());
}

/** For what is soon replaced: a blob is let go of only when the garbage is collected, which does not see its size. */
const inMemory =
  (bytes: Uint8Array<ArrayBuffer>): SavedTensor['read'] =>
  () =>
    Promise.resolve(bytes);

function valueOf<T>(record: StepRecord, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(record.value);
  if (parsed.success) return parsed.data;
  throw new PareError(
    'checkpoint-invalid',
    `The checkpoint's step “${record.key}” is damaged: ${firstIssue(parsed.error)}.`,
    'Run the recipe again from its start.',
  );
}

function other(found: string, expected: string): PareError {
  return new PareError(
    'checkpoint-other',
    `The checkpoint holds the step “${found}” where this recipe comes to “${expected}”.`,
    'It was made by another version of Pare, or was changed. Run the recipe again from its start.',
  );
}
