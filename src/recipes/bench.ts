import type { Backend } from '../backends/backend.ts';
import type { FileSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import { loadModel, type LoadedModel } from './model.ts';
import { DeviceLost } from './recovery.ts';

/** A device, and the open model on it. A device that is lost is replaced, and the model loaded again from its files. */
export class Bench {
  readonly #reopen: (() => Promise<Backend>) | undefined;
  #backend: Backend;
  #model: LoadedModel | null = null;
  #files: readonly FileSource[] = [];
  #lost: string | null = null;

  /** `reopen` gives another device; absent: there is none. */
  constructor(backend: Backend, reopen?: () => Promise<Backend>) {
    this.#backend = backend;
    this.#reopen = reopen;
    void this.#watch(backend);
  }

  get backend(): Backend {
    return this.#backend;
  }

  /** The files of the open model. */
  get files(): readonly FileSource[] {
    return this.#files;
  }

  /** Why the device was lost; null: it is there. */
  get lost(): string | null {
    return this.#lost;
  }

  /** Whether a lost device can be replaced. */
  get canRenew(): boolean {
    return this.#reopen !== undefined;
  }

  /** Opens a model; the one before stays where that fails, and is let go after `replacing` otherwise. */
  async open(files: readonly FileSource[], replacing: () => void): Promise<LoadedModel> {
    const model = await loadModel(this.#backend, files);
    replacing();
    this.#model?.store.dispose();
    this.#files = files;
    return (this.#model = model);
  }

  needModel(): LoadedModel {
    if (this.#model) return this.#model;
    throw new PareError('no-model', 'No model is open.', 'Drop a model folder, or use the demo model.');
  }

  /** Takes another device, and loads the model there. */
  async renew(reason: string): Promise<void> {
    if (!this.#reopen) throw new DeviceLost(reason);
    const backend = await this.#reopen();
    const model = await this.#loadOn(backend);
    this.#backend.dispose();
    this.#backend = backend;
    this.#model = model;
    this.#lost = null;
    void this.#watch(backend);
  }

  /** Takes another device without the model, which another one takes the place of. */
  async renewBare(reason: string): Promise<void> {
    this.#model = null;
    await this.renew(reason);
  }

  async #loadOn(backend: Backend): Promise<LoadedModel | null> {
    try {
      return this.#model && (await loadModel(backend, this.#files));
    } catch (error) {
      backend.dispose();
      throw error;
    }
  }

  async #watch(backend: Backend): Promise<void> {
    const reason = await backend.lost;
    if (this.#backend === backend) this.#lost = reason;
  }
}
