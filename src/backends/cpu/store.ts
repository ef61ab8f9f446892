import type { HostTensor } from '../../graph/op.ts';
import { bytesOf, sizeOf, type TensorSpec } from '../../graph/tensor.ts';
import { decodeBf16, decodeF16 } from '../../lib/half.ts';
import type { Store } from '../backend.ts';

export type RealArray = typeof Float32Array | typeof Float64Array;

interface Entry {
  readonly spec: TensorSpec;
  /** What the file or the host wrote, in the tensor's own dtype. */
  bytes: Uint8Array<ArrayBuffer>;
  /** 32- or 64-bit numbers that the reference functions work on; for f32, i32 and u32 the authority. */
  tensor: HostTensor;
}

/** The CPU backend's store. 16-bit weights are kept widened as well. */
export class CpuStore implements Store {
  readonly #entries = new Map<string, Entry>();
  readonly #real: RealArray;

  constructor(real: RealArray) {
    this.#real = real;
  }

  allocate(name: string, spec: TensorSpec): void {
    const known = this.#entries.get(name);
    if (known) {
      if (String(known.spec.shape) !== String(spec.shape) || known.spec.dtype !== spec.dtype) {
        throw new Error(`${name} is in the store with another shape`);
      }
      return;
    }
    const bytes = new Uint8Array(bytesOf(spec));
    this.#entries.set(name, { spec, bytes, tensor: widen(spec, bytes, this.#real) });
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  spec(name: string): TensorSpec {
    return this.#entry(name).spec;
  }

  write(name: string, view: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    const entry = this.#entry(name);
    const bytes = this.#bytes(entry);
    bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), offset);
    entry.bytes = bytes;
    entry.tensor = widen(entry.spec, bytes, this.#real);
  }

  read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(this.#bytes(this.#entry(name)).slice());
  }

  clear(name: string): void {
    const entry = this.#entry(name);
    entry.bytes.fill(0);
    entry.tensor = widen(entry.spec, entry.bytes, this.#real);
  }

  remove(name: string): void {
    this.#entries.delete(name);
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  bytes(): number {
    return [...this.#entries.values()].reduce((sum, { spec }) => sum + bytesOf(spec), 0);
  }

  dispose(): void {
    this.#entries.clear();
  }

  /** The tensor that reference functions read, and write where the graph updates it in place. */
  tensor(name: string): HostTensor {
    return this.#entry(name).tensor;
  }

  #bytes({ spec, bytes, tensor }: Entry): Uint8Array<ArrayBuffer> {
    if (spec.dtype === 'f16' || spec.dtype === 'bf16') return bytes;
    const narrow = tensor.data instanceof Float64Array ? new Float32Array(tensor.data) : tensor.data;
    return new Uint8Array(narrow.buffer as ArrayBuffer, narrow.byteOffset, narrow.byteLength);
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`${name} is not in the store`);
    return entry;
  }
}

function widen({ dtype, shape }: TensorSpec, bytes: Uint8Array<ArrayBuffer>, real: RealArray): HostTensor {
  const size = sizeOf(shape);
  const copy = bytes.slice().buffer;
  switch (dtype) {
    case 'i32':
      return { shape, data: new Int32Array(copy) };
    case 'u32':
      return { shape, data: new Uint32Array(copy) };
    case 'f32':
      return {
        shape,
        data: real === Float32Array ? new Float32Array(copy) : new Float64Array(new Float32Array(copy)),
      };
    case 'f16':
      return { shape, data: real.from(decodeF16(new Uint16Array(copy, 0, size))) };
    case 'bf16':
      return { shape, data: real.from(decodeBf16(new Uint16Array(copy, 0, size))) };
    default:
      return dtype satisfies never;
  }
}
