/**
 * Walks through the header of a file that may be anything: a window of it is in memory at a time, and no length is
 * believed before the file is seen to be that long.
 */
import { PareError } from '../lib/assert.ts';
import type { FileSource } from './source.ts';

const windowBytes = 1 << 20;
/** Larger than any real header (a vocabulary of 260,000 words has about 15 MB), and no burden on memory. */
const maxHeaderBytes = 100_000_000;

/** The error every problem of a GGUF file becomes. */
export function damagedGguf(
  path: string,
  problem: string,
  details: { field?: string; offset: number },
): PareError {
  return new PareError(
    'gguf-invalid',
    `${path}: ${problem}.`,
    'The file is damaged or was cut off. Download it again, or convert the model again.',
    details,
  );
}

export class GgufCursor {
  readonly #file: FileSource;
  #window = new Uint8Array(0);
  /** Where the window begins in the file. */
  #begin = 0;
  #view = new DataView(this.#window.buffer);
  /** What is being read, for errors. */
  field = 'the header';
  /** Where in the file the next byte is read. */
  offset = 0;

  constructor(file: FileSource) {
    this.#file = file;
  }

  get left(): number {
    return this.#file.size - this.offset;
  }

  async u32(): Promise<number> {
    const at = await this.#take(4); // The view may be another one then.
    return this.#view.getUint32(at, true);
  }

  /** A number of things that cannot be more than `max`. */
  async u64(max: number, of: string): Promise<number> {
    const offset = this.offset;
    const at = await this.#take(8);
    const value = this.#view.getBigUint64(at, true);
    if (value <= BigInt(Math.floor(max))) return Number(value);
    throw this.fail(`${of} is ${value}, and at most ${Math.floor(max)} is possible here`, offset);
  }

  /** UTF-8; what is not comes with replacement characters, as a name of a vocabulary may be. */
  async text(of: string): Promise<string> {
    const length = await this.u64(Math.min(this.left - 8, maxHeaderBytes), `the length of ${of}`);
    const at = await this.#take(length);
    return decoder.decode(this.#window.subarray(at, at + length));
  }

  /** The numbers of a stated type; a signed one, or a float, by its name in a DataView. */
  async numbers(type: NumberType, count: number): Promise<Float64Array> {
    const { bytes, read } = numberTypes[type];
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const at = await this.#take(bytes);
      values[i] = read(this.#view, at);
    }
    return values;
  }

  fail(problem: string, offset = this.offset): PareError {
    return damagedGguf(this.#file.path, `${this.field} (offset ${offset}): ${problem}`, {
      field: this.field,
      offset,
    });
  }

  /** Position in the window of the next `length` bytes, which are now there. */
  async #take(length: number): Promise<number> {
    if (length > this.left) throw this.fail(`the file of ${this.#file.size} bytes ends before it does`);
    if (this.offset + length > maxHeaderBytes)
      throw this.fail(`the header has more than ${maxHeaderBytes} bytes`);
    if (this.offset + length > this.#begin + this.#window.length) await this.#refill(length);
    const at = this.offset - this.#begin;
    this.offset += length;
    return at;
  }

  async #refill(length: number): Promise<void> {
    const end = Math.min(this.#file.size, this.offset + Math.max(length, windowBytes));
    this.#window = await this.#file.read(this.offset, end);
    this.#view = new DataView(this.#window.buffer, this.#window.byteOffset, this.#window.byteLength);
    this.#begin = this.offset;
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** By the number that GGUF has for the type. */
const numberTypes = {
  0: { bytes: 1, read: (view, at) => view.getUint8(at) },
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  3: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  4: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  5: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  6: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  7: { bytes: 1, read: (view, at) => view.getUint8(at) },
  10: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  11: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  12: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
} satisfies Record<number, { bytes: number; read: (view: DataView, at: number) => number }>;

export type NumberType = keyof typeof numberTypes;

export const isNumberType = (type: number): type is NumberType => Object.hasOwn(numberTypes, type);

export const numberBytes = (type: NumberType): number => numberTypes[type].bytes;
