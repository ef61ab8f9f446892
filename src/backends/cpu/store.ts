import type { HostTensor } from '../../graph/op.ts';
import { bytesOf, sizeOf, type DType, type TensorSpec } from '../../graph/tensor.ts';
import { decodeBf16, decodeF16 } from '../../lib/half.ts';
import { packNibbles, unpackNibbles } from '../../lib/nibbles.ts';
import { outOfMemory, type Store } from '../backend.ts';

export type RealArray = typeof Float32Array | typeof Float64Array;

interface Entry {
  readonly spec: TensorSpec;
  /** 16- and 4-bit weights as they were written; null where the tensor is all there is. */
  readonly packed: Uint8Array<ArrayBuffer> | null;
  /** 32- or 64-bit numbers that the reference functions work on. */
  readonly tensor: HostTensor;
}

/** The CPU backend's store. 16- and 4-bit weights are kept widened as well. */
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
    try {
      const packed = isPacked(spec.dtype) ? new Uint8Array(bytesOf(spec)) : null;
      this.#entries.set(name, { spec, packed, tensor: zeros(spec, this.#real) });
    } catch {
      throw outOfMemory(name, this.cost(spec), this.bytes());
    }
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

  write(name: string, view: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    const entry = this.#entry(name);
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const whole = entry.packed ?? plainBytes(entry.tensor.data);
    whole.set(bytes, offset);
    const { data } = entry.tensor;
    if (entry.packed || data instanceof Float64Array) data.set(widened(entry.spec, whole));
  }

  read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { spec, packed, tensor } = this.#entry(name);
    // Codes are made on the device too; floats in 16 bits come from outside only.
    if (spec.dtype === 'i4') return Promise.resolve(packNibbles(tensor.data, spec.shape.at(-1)!));
    return Promise.resolve((packed ?? plainBytes(tensor.data)).slice());
  }

  clear(name: string): void {
    const { packed, tensor } = this.#entry(name);
    packed?.fill(0);
    tensor.data.fill(0);
  }

  remove(name: string): void {
    this.#entries.delete(name);
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  bytes(): number {
    return [...this.#entries.values()].reduce((sum, { spec }) => sum + this.cost(spec), 0);
  }

  cost({ dtype, shape }: TensorSpec): number {
    const packed = isPacked(dtype) ? bytesOf({ dtype, shape }) : 0;
    return packed + sizeOf(shape) * arrayOf(dtype, this.#real).BYTES_PER_ELEMENT;
  }

  dispose(): void {
    this.#entries.clear();
  }

  /** The tensor that reference functions read, and write where the graph updates it in place. */
  tensor(name: string): HostTensor {
    return this.#entry(name).tensor;
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`${name} is not in the store`);
    return entry;
  }
}

export const isPacked = (dtype: DType) => dtype === 'f16' || dtype === 'bf16' || dtype === 'i4';

/** How the CPU holds numbers of a dtype. */
export function arrayOf(dtype: DType, real: RealArray): RealArray | typeof Int32Array | typeof Uint32Array {
  if (dtype === 'i32') return Int32Array;
  return dtype === 'u32' || dtype === 'i4' ? Uint32Array : real;
}

function zeros({ dtype, shape }: TensorSpec, real: RealArray): HostTensor {
  return { shape, data: new (arrayOf(dtype, real))(sizeOf(shape)) };
}

/** The bytes of 32-bit numbers: the very same ones, but for float64, which is narrowed. */
function plainBytes(data: HostTensor['data']): Uint8Array<ArrayBuffer> {
  const narrow = data instanceof Float64Array ? new Float32Array(data) : data;
  return new Uint8Array(narrow.buffer as ArrayBuffer, narrow.byteOffset, narrow.byteLength);
}

/** Real numbers of a dtype as float32, codes one by one. */
function widened(
  { dtype, shape }: TensorSpec,
  bytes: Uint8Array<ArrayBuffer>,
): Float32Array | Uint32Array<ArrayBuffer> {
  if (dtype === 'i4') return unpackNibbles(bytes, shape.at(-1)!);
  if (dtype === 'f32') return new Float32Array(bytes.buffer);
  const halves = new Uint16Array(bytes.buffer, 0, sizeOf(shape));
  return dtype === 'f16' ? decodeF16(halves) : decodeBf16(halves);
}
