import { bytesOf, type TensorSpec } from '../../graph/tensor.ts';
import { outOfMemory, type Store } from '../backend.ts';
import type { WasmMemory } from './memory.ts';

interface Entry {
  readonly spec: TensorSpec;
  readonly at: number;
}

/** Tensors as the device has them, 16- and 4-bit weights packed, in the backend's memory. */
export class WasmStore implements Store {
  readonly #memory: WasmMemory;
  readonly #entries = new Map<string, Entry>();

  constructor(memory: WasmMemory) {
    this.#memory = memory;
  }

  allocate(name: string, spec: TensorSpec): void {
    const known = this.#entries.get(name);
    if (known) {
      if (String(known.spec.shape) !== String(spec.shape) || known.spec.dtype !== spec.dtype)
        throw new Error(`${name} is in the store with another shape`);
      return;
    }
    const bytes = bytesOf(spec);
    const at = allocated(this.#memory, bytes, name);
    this.#memory.bytes(at, bytes).fill(0);
    this.#entries.set(name, { spec, at });
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  spec(name: string): TensorSpec {
    return this.#entry(name).spec;
  }

  /** Where a tensor is: it stays there until it is removed. */
  address(name: string): number {
    return this.#entry(name).at;
  }

  write(name: string, view: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    this.#bytes(name).set(bytes, offset);
  }

  read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(Uint8Array.from(this.#bytes(name)));
  }

  clear(name: string): void {
    this.#bytes(name).fill(0);
  }

  remove(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#memory.free(entry.at);
    this.#entries.delete(name);
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  bytes(): number {
    return [...this.#entries.values()].reduce((sum, { spec }) => sum + bytesOf(spec), 0);
  }

  cost(spec: TensorSpec): number {
    return bytesOf(spec);
  }

  dispose(): void {
    for (const name of this.names()) this.remove(name);
  }

  #bytes(name: string): Uint8Array<ArrayBuffer> {
    const { spec, at } = this.#entry(name);
    return this.#memory.bytes(at, bytesOf(spec));
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`${name} is not in the store`);
    return entry;
  }
}

/** An address, or 'out-of-memory' with what it was for. */
export function allocated(memory: WasmMemory, bytes: number, name: string): number {
  try {
    return memory.allocate(bytes);
  } catch {
    throw outOfMemory(name, bytes, memory.held);
  }
}
