/**
 * Checks structs of Thrift's compact protocol, in which Parquet writes its footer and its page headers, before a reader
 * that trusts them sees them: no number is longer than it can be, no list longer than what is left, no nesting endless.
 * Source of the encoding: apache/thrift `doc/specs/thrift-compact-protocol.md`.
 */

/** What is read of a struct: its whole numbers and its structs, by field id. */
export type ThriftStruct = ReadonlyMap<number, number | ThriftStruct>;

const mostDepth = 16;
const longestVarint = 10;

/** Reads one struct from `offset` on. Throws a plain `Error` where the bytes cannot be one. */
export function readThrift(bytes: Uint8Array, offset: number): { struct: ThriftStruct; end: number } {
  const reader = new Reader(bytes, offset);
  const struct = reader.struct(0);
  return { struct, end: reader.at };
}

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  struct(depth: number): ThriftStruct {
    if (depth > mostDepth) throw new Error('structs are nested too deeply');
    const fields = new Map<number, number | ThriftStruct>();
    let id = 0;
    for (;;) {
      const head = this.#byte();
      if (head === 0) return fields;
      const delta = head >> 4;
      id = delta === 0 ? this.#zigzag() : id + delta;
      const value = this.#value(head & 15, depth);
      if (value !== null) fields.set(id, value);
    }
  }

  #value(type: number, depth: number): number | ThriftStruct | null {
    switch (type) {
      case 1:
      case 2:
        return null;
      case 3:
        return this.#byte();
      case 4:
      case 5:
      case 6:
        return this.#zigzag();
      case 7:
        return this.#skip(8);
      case 8:
        return this.#skip(this.#varint());
      case 9:
        return this.#list(depth);
      case 12:
        return this.struct(depth + 1);
      default:
        throw new Error(`a field has the unknown type ${type}`);
    }
  }

  #list(depth: number): null {
    const head = this.#byte();
    const size = head >> 4 === 15 ? this.#varint() : head >> 4;
    if (size > this.#bytes.length - this.at) throw new Error(`a list claims ${size} elements`);
    const type = head & 15;
    // In a list, unlike in a struct, a truth value is a byte of its own.
    for (let i = 0; i < size; i++) this.#value(type === 1 || type === 2 ? 3 : type, depth + 1);
    return null;
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint(): number {
    let value = 0;
    for (let i = 0; i < longestVarint; i++) {
      const byte = this.#byte();
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    throw new Error('a number has too many bytes');
  }

  #skip(count: number): null {
    if (count > this.#bytes.length - this.at) throw new Error(`a text claims ${count} bytes`);
    this.at += count;
    return null;
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error('the bytes end early');
    return byte;
  }
}
