import { assert } from '../lib/assert.ts';

/** Which slot holds what, of a few; the one that was not asked for longest is given to the next newcomer. */
export class SharedSlots {
  readonly #count: number;
  /** Slots by key, the latest asked for last. */
  readonly #slots = new Map<string, number>();

  constructor(count: number) {
    this.#count = count;
  }

  /** The slots of these keys, all at once; `isNew` where what it held is to be made. */
  take(keys: readonly string[]): Map<string, { slot: number; isNew: boolean }> {
    const taken = new Map<string, { slot: number; isNew: boolean }>();
    assert(new Set(keys).size <= this.#count, 'no more beginnings at once than slots');
    // Those that are here come first, so that no newcomer takes their place.
    for (const key of new Set(keys)) {
      const slot = this.#slots.get(key);
      if (slot === undefined) continue;
      this.#slots.delete(key);
      this.#slots.set(key, slot);
      taken.set(key, { slot, isNew: false });
    }
    for (const key of new Set(keys)) {
      if (taken.has(key)) continue;
      const slot = this.#free();
      this.#slots.set(key, slot);
      taken.set(key, { slot, isNew: true });
    }
    return taken;
  }

  #free(): number {
    if (this.#slots.size < this.#count) return this.#slots.size;
    const [oldest, slot] = this.#slots.entries().next().value!;
    this.#slots.delete(oldest);
    return slot;
  }
}
