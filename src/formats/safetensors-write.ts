/** Writes safetensors as a stream, one tensor in memory at a time. */
import { assert } from '../lib/assert.ts';
import { byteLength, dtypeBytes, type SafetensorsDtype } from './safetensors.ts';

export interface TensorOutput {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Called once, when the stream gets to it. Row-major, little-endian. */
  bytes(): Promise<Uint8Array>;
}

export interface SizedStream {
  /** Bytes that the stream will give. */
  readonly size: number;
  readonly stream: ReadableStream<Uint8Array>;
}

/**
 * A safetensors file. Always says `format: "pt"`, which transformers-style loaders insist on; the header is padded
 * with spaces to a multiple of 8, and wide types come first, so that every tensor is aligned.
 */
export function safetensorsStream(
  tensors: readonly TensorOutput[],
  metadata: Readonly<Record<string, string>> = {},
): SizedStream {
  const ordered = tensors.toSorted((a, b) => dtypeBytes[b.dtype] - dtypeBytes[a.dtype]);
  const header = headerOf(ordered, { ...metadata, format: 'pt' });
  const dataBytes = ordered.reduce((sum, tensor) => sum + byteLength(tensor), 0);
  let next = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(header),
      async pull(controller) {
        const tensor = ordered[next++];
        if (!tensor) return controller.close();
        controller.enqueue(await bytesOf(tensor));
      },
    },
    { highWaterMark: 0 },
  );
  return { size: header.byteLength + dataBytes, stream };
}

/** A small file that is there already, as a stream. */
export function textStream(text: string): SizedStream {
  const bytes = new TextEncoder().encode(text);
  return {
    size: bytes.byteLength,
    stream: new ReadableStream({
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    }),
  };
}

function headerOf(tensors: readonly TensorOutput[], metadata: Record<string, string>): Uint8Array {
  const fields = new Map<string, unknown>([['__metadata__', metadata]]);
  let offset = 0;
  for (const tensor of tensors) {
    assert(!fields.has(tensor.name), `two tensors are called ${tensor.name}`);
    const end = offset + byteLength(tensor);
    fields.set(tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  const padded = Math.ceil(json.byteLength / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}

async function bytesOf(tensor: TensorOutput): Promise<Uint8Array> {
  const bytes = await tensor.bytes();
  const expected = byteLength(tensor);
  assert(
    bytes.byteLength === expected,
    `${tensor.name} has ${bytes.byteLength} bytes instead of ${expected}`,
  );
  return bytes;
}
