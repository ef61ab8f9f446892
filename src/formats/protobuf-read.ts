/**
 * A strict reader of protocol buffers in files: bounded reads, every length checked against the message around it, and
 * errors that say where. What is long is not read but located.
 */
import { PareError } from '../lib/assert.ts';
import type { FileSource } from './source.ts';

/** A length-delimited field: bytes `begin` to before `end` of the file. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/** A field as it lies in the file; a varint, or where its bytes are. */
export interface Field extends Span {
  readonly number: number;
  /** Of a varint; −1 for other fields. */
  readonly integer: number;
  /** Whether it is length-delimited. */
  readonly delimited: boolean;
}

/** Bytes that are read at once. */
const windowBytes = 1 << 16;

export class ProtobufFile {
  readonly #source: FileSource;
  #window: Uint8Array = new Uint8Array();
  #begin = 0;

  constructor(source: FileSource) {
    this.#source = source;
  }

  get whole(): Span {
    return { begin: 0, end: this.#source.size };
  }

  /** The fields of a message, in their order. */
  async *fields(message: Span): AsyncGenerator<Field, void> {
    let at = message.begin;
    while (at < message.end) {
      const tag = await this.#varint(at, message.end);
      const number = Math.floor(tag.value / 8);
      if (number < 1) throw this.damaged(at, `a field has number ${number}`);
      const field = await this.#content(number, tag.value % 8, tag.next, message.end);
      yield field;
      at = field.end;
    }
  }

  /** UTF-8 text of at most `limit` bytes. */
  async text({ begin, end }: Span, limit = 4096): Promise<string> {
    if (end - begin > limit) throw this.damaged(begin, `a name has ${end - begin} bytes`);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(await this.#source.read(begin, end));
    } catch (error) {
      throw error instanceof TypeError ? this.damaged(begin, 'a name is not UTF-8') : error;
    }
  }

  damaged(offset: number, problem: string): PareError {
    return new PareError(
      'onnx-invalid',
      `${this.#source.path}: ${problem}, at byte ${offset}.`,
      'The file is damaged, or not what its name says. Write it again.',
      { offset },
    );
  }

  async #content(number: number, wire: number, at: number, end: number): Promise<Field> {
    if (wire === 0) {
      const { value, next } = await this.#varint(at, end);
      return { number, integer: value, begin: at, end: next, delimited: false };
    }
    const fixed = wire === 1 ? 8 : wire === 5 ? 4 : 0;
    if (wire !== 2 && fixed === 0) throw this.damaged(at, `field ${number} has wire type ${wire}`);
    const length = fixed > 0 ? { value: fixed, next: at } : await this.#varint(at, end);
    const last = length.next + length.value;
    if (length.value < 0 || last > end) {
      throw this.damaged(at, `field ${number} has ${length.value} bytes, ${end - length.next} are left`);
    }
    return { number, integer: -1, begin: length.next, end: last, delimited: wire === 2 };
  }

  async #varint(at: number, end: number): Promise<{ value: number; next: number }> {
    let value = 0n;
    for (let index = 0; index < 10; index++) {
      if (at + index >= end) throw this.damaged(at, 'a number is cut off');
      const byte = await this.#byte(at + index);
      value |= BigInt(byte & 127) << BigInt(7 * index);
      if (byte < 128) return { value: this.#safe(BigInt.asIntN(64, value), at), next: at + index + 1 };
    }
    throw this.damaged(at, 'a number has more than ten bytes');
  }

  #safe(value: bigint, at: number): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw this.damaged(at, `the number ${value} is too large`);
    return number;
  }

  async #byte(at: number): Promise<number> {
    if (at < this.#begin || at >= this.#begin + this.#window.length) {
      this.#window = await this.#source.read(at, Math.min(this.#source.size, at + windowBytes));
      this.#begin = at;
    }
    return this.#window[at - this.#begin]!;
  }
}
