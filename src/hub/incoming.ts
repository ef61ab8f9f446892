import { PareError } from '../lib/assert.ts';
import { changed, offline } from './errors.ts';
import { reasonOf, within } from './transport.ts';

/** A body that is given out as streams of a bounded length, none of which ever fails. */
export class Incoming {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #expected: number;
  readonly #stall: number;
  readonly #onChunk: (chunk: Uint8Array) => void;
  #rest: Uint8Array | null = null;
  given = 0;
  ended = false;
  failure: unknown = null;

  constructor(
    body: ReadableStream<Uint8Array>,
    expected: number,
    stall: number,
    onChunk: (chunk: Uint8Array) => void,
  ) {
    this.#reader = body.getReader();
    this.#expected = expected;
    this.#stall = stall;
    this.#onChunk = onChunk;
  }

  take(most: number): ReadableStream<Uint8Array> {
    let left = most;
    return new ReadableStream(
      {
        pull: async (controller) => {
          const chunk = left > 0 ? await this.#next() : null;
          if (!chunk) return controller.close();
          const part = chunk.subarray(0, left);
          this.#rest = part.byteLength < chunk.byteLength ? chunk.subarray(part.byteLength) : null;
          left -= part.byteLength;
          this.given += part.byteLength;
          this.ended ||= this.given === this.#expected;
          this.#onChunk(part);
          controller.enqueue(part);
        },
      },
      { highWaterMark: 0 },
    );
  }

  async #next(): Promise<Uint8Array | null> {
    if (this.ended) return null;
    if (this.#rest) return this.#rest;
    try {
      const { done, value } = await within(this.#stall, this.#reader.read());
      if (done) return this.#end(null);
      if (this.given + value.byteLength <= this.#expected) return value;
      return this.#end(changed('The file, which is longer,'));
    } catch (cause) {
      return this.#end(cause instanceof PareError ? cause : offline(reasonOf(cause)));
    }
  }

  #end(failure: unknown): null {
    this.ended = true;
    this.failure = failure;
    return null;
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
  }
}
