/**
 * Protocol buffers, as much as ONNX needs of them: varints, 32-bit floats and length-delimited fields. A message knows
 * its size before its large fields are read, so that a file with gigabytes of weights can be streamed.
 * Wire format: https://protobuf.dev/programming-guides/encoding/
 */
import { assert } from '../lib/assert.ts';

/** Bytes that are made when the stream gets to them. */
export interface LazyBytes {
  readonly size: number;
  bytes(): Promise<Uint8Array>;
}

type Part = Uint8Array | LazyBytes;

const wire = { varint: 0, bytes: 2, fixed32: 5 } as const;

/** A message under construction; fields are written in the order of the calls. */
export class Message {
  readonly #parts: Part[] = [];
  #size = 0;

  /** Bytes of the message, without a tag of its own. */
  get size(): number {
    return this.#size;
  }

  /** int32, int64 or an enum; negative ones as 64-bit two's complement. */
  integer(field: number, value: number): this {
    assert(Number.isSafeInteger(value), `${value} is not an integer`);
    return this.#tag(field, wire.varint).#add(varint(value));
  }

  float(field: number, value: number): this {
    return this.#tag(field, wire.fixed32).#add(new Uint8Array(Float32Array.of(value).buffer));
  }

  string(field: number, text: string): this {
    return this.bytes(field, new TextEncoder().encode(text));
  }

  bytes(field: number, content: Part): this {
    const size = content instanceof Uint8Array ? content.byteLength : content.size;
    return this.#tag(field, wire.bytes).#add(varint(size)).#add(content);
  }

  message(field: number, message: Message): this {
    this.#tag(field, wire.bytes).#add(varint(message.#size));
    for (const part of message.#parts) this.#add(part);
    return this;
  }

  /** Gives the bytes, one large field in memory at a time. */
  stream(): ReadableStream<Uint8Array> {
    return lazyStream(this.#parts);
  }

  #tag(field: number, type: number): this {
    return this.#add(varint(field * 8 + type));
  }

  #add(part: Part): this {
    this.#parts.push(part);
    this.#size += part instanceof Uint8Array ? part.byteLength : part.size;
    return this;
  }
}

/** Parts one after the other; those that are there already are put together into chunks. */
export function lazyStream(parts: readonly Part[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const part = parts[next];
        if (!part) return controller.close();
        if (!(part instanceof Uint8Array)) {
          next++;
          const bytes = await part.bytes();
          assert(bytes.byteLength === part.size, `${bytes.byteLength} bytes instead of ${part.size}`);
          // An empty chunk would only be asked for again.
          return controller.enqueue(bytes);
        }
        const begin = next;
        while (parts[next] instanceof Uint8Array) next++;
        controller.enqueue(joined(parts.slice(begin, next) as Uint8Array[]));
      },
    },
    { highWaterMark: 0 },
  );
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  // Lengths may exceed 32 bits, so there are no bitwise operators on numbers here.
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
