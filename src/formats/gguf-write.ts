/** Writes GGUF version 3 as a stream, one tensor in memory at a time. */
import { assert } from '../lib/assert.ts';
import { ggmlBytes, ggmlForms, type GgmlType } from './ggml-types.ts';
import type { SizedStream } from './safetensors-write.ts';

/** A value of the metadata, with the type that llama.cpp expects of it. */
export type GgufTyped =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly flag: boolean }
  | { readonly text: string }
  | { readonly texts: readonly string[] }
  | { readonly i32s: readonly number[] }
  | { readonly f32s: readonly number[] };

export interface GgufOutput {
  readonly name: string;
  readonly type: GgmlType;
  /** Row-major, [..., row]. */
  readonly shape: readonly number[];
  /** Called once, when the stream gets to it. */
  bytes(): Promise<Uint8Array>;
}

const alignment = 32;
const aligned = (offset: number) => Math.ceil(offset / alignment) * alignment;

/** A GGUF file. Tensors follow one another in the order given, as llama.cpp demands. */
export function ggufStream(
  metadata: ReadonlyMap<string, GgufTyped>,
  tensors: readonly GgufOutput[],
): SizedStream {
  const header = headerOf(metadata, tensors);
  const dataBytes = tensors.reduce((sum, { type, shape }) => sum + aligned(ggmlBytes(type, shape)), 0);
  let next = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(header),
      async pull(controller) {
        const tensor = tensors[next++];
        if (!tensor) return controller.close();
        const bytes = await bytesOf(tensor);
        controller.enqueue(bytes);
        const padding = aligned(bytes.byteLength) - bytes.byteLength;
        if (padding > 0) controller.enqueue(new Uint8Array(padding));
      },
    },
    { highWaterMark: 0 },
  );
  return { size: header.byteLength + dataBytes, stream };
}

async function bytesOf(tensor: GgufOutput): Promise<Uint8Array> {
  const bytes = await tensor.bytes();
  const expected = ggmlBytes(tensor.type, tensor.shape);
  assert(
    bytes.byteLength === expected,
    `${tensor.name} has ${bytes.byteLength} bytes instead of ${expected}`,
  );
  return bytes;
}

function headerOf(metadata: ReadonlyMap<string, GgufTyped>, tensors: readonly GgufOutput[]): Uint8Array {
  const bytes = new ByteWriter();
  bytes.put(new TextEncoder().encode('GGUF'));
  bytes.u32(3);
  bytes.u64(tensors.length);
  bytes.u64(metadata.size);
  for (const [key, value] of metadata) {
    bytes.text(key);
    writeValue(bytes, value);
  }
  let offset = 0;
  for (const { name, type, shape } of tensors) {
    bytes.text(name);
    bytes.u32(shape.length);
    for (const extent of shape.toReversed()) bytes.u64(extent);
    bytes.u32(ggmlForms[type].id);
    bytes.u64(offset);
    offset += aligned(ggmlBytes(type, shape));
  }
  bytes.put(new Uint8Array(aligned(bytes.length) - bytes.length));
  return bytes.joined();
}

/** Numbers of the types, as in `gguf.ts`. */
function writeValue(bytes: ByteWriter, value: GgufTyped): void {
  const array = (type: number, length: number) => {
    bytes.u32(9);
    bytes.u32(type);
    bytes.u64(length);
  };
  if ('u32' in value) {
    bytes.u32(4);
    bytes.u32(value.u32);
  } else if ('f32' in value) {
    bytes.u32(6);
    bytes.f32s([value.f32]);
  } else if ('flag' in value) {
    bytes.u32(7);
    bytes.put(Uint8Array.of(value.flag ? 1 : 0));
  } else if ('text' in value) {
    bytes.u32(8);
    bytes.text(value.text);
  } else if ('texts' in value) {
    array(8, value.texts.length);
    for (const text of value.texts) bytes.text(text);
  } else if ('i32s' in value) {
    array(5, value.i32s.length);
    bytes.put(new Uint8Array(Int32Array.from(value.i32s).buffer));
  } else {
    array(6, value.f32s.length);
    bytes.f32s(value.f32s);
  }
}

/** Bytes that grow. */
class ByteWriter {
  #bytes = new Uint8Array(1 << 16);
  length = 0;

  put(more: Uint8Array): void {
    if (this.length + more.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.length + more.length));
      larger.set(this.#bytes.subarray(0, this.length));
      this.#bytes = larger;
    }
    this.#bytes.set(more, this.length);
    this.length += more.length;
  }

  u32(value: number): void {
    this.put(new Uint8Array(Uint32Array.of(value).buffer));
  }

  u64(value: number): void {
    this.put(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }

  f32s(values: readonly number[]): void {
    this.put(new Uint8Array(Float32Array.from(values).buffer));
  }

  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u64(bytes.length);
    this.put(bytes);
  }

  joined(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }
}
