import { PareError } from '../lib/assert.ts';
import type { Folder } from './folder.ts';

/**
 * How a change of a folder goes wrong: the process dies `before` it or `after` it, or in the middle of removing a
 * folder, of whose files only the `first` or the `last` is gone; or it fails once, `refused` or
 * reported as failed though `done`, and the process goes on.
 */
export const failures = ['before', 'after', 'first', 'last', 'refused', 'done'] as const;
export type Failure = (typeof failures)[number];

export const died = new PareError('storage-denied', 'The process has died.', 'Start it again.');

/** `folder`, of which the `at`-th change (from 0) fails. After a death nothing works any more. */
export class FailingFolder implements Folder {
  readonly #folder: Folder;
  readonly #at: number;
  readonly #failure: Failure;
  /** Changes so far. */
  changes = 0;
  #dead = false;

  constructor(folder: Folder, at: number, failure: Failure) {
    this.#folder = folder;
    this.#at = at;
    this.#failure = failure;
  }

  async read(path: string) {
    this.#live();
    return this.#folder.read(path);
  }

  async list(path: string) {
    this.#live();
    return this.#folder.list(path);
  }

  async write(path: string, content: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>) {
    await this.#change(
      () => this.#folder.write(path, content),
      () => Promise.resolve(),
    );
  }

  async remove(path: string) {
    await this.#change(
      () => this.#folder.remove(path),
      async () => {
        const name = (await this.#folder.list(path)).at(this.#failure === 'first' ? 0 : -1);
        if (name) await this.#folder.remove(`${path}/${name}`);
      },
    );
  }

  async #change(whole: () => Promise<void>, half: () => Promise<void>): Promise<void> {
    this.#live();
    if (this.changes++ !== this.#at) return whole();
    if (this.#failure === 'after' || this.#failure === 'done') await whole();
    if (this.#failure === 'first' || this.#failure === 'last') await half();
    this.#dead = this.#failure !== 'refused' && this.#failure !== 'done';
    throw died;
  }

  #live(): void {
    if (this.#dead) throw died;
  }
}
