/**
 * Decompresses Snappy (google/snappy, `format_description.txt`), strictly: hyparquet's own follows a literal of negative
 * length backwards, without end.
 */

/** `size`: bytes that come out. Throws a plain `Error` where the input says otherwise. */
export function decompressSnappy(input: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(size);
  let end = 0;
  for (let at = lengthEnd(input); at < input.length;) {
    const { kind, length, value, next } = readElement(input, at);
    if (length > size - end) throw new Error('Snappy data are longer than they say');
    if (kind === 'literal') output.set(input.subarray(next - length, next), end);
    else if (value < 1 || value > end) throw new Error(`a Snappy copy goes ${value} bytes back, of ${end}`);
    // Byte by byte: what is copied may be what this copy writes.
    else for (let i = 0; i < length; i++) output[end + i] = output[end + i - value]!;
    end += length;
    at = next;
  }
  if (end < size) throw new Error(`Snappy data of ${size} bytes end after ${end}`);
  return output;
}

interface Element {
  readonly kind: 'literal' | 'copy';
  readonly length: number;
  /** Of a copy: how far back it begins. */
  readonly value: number;
  readonly next: number;
}

function readElement(input: Uint8Array, at: number): Element {
  const tag = input[at]!;
  const high = tag >>> 2;
  if ((tag & 3) === 0) {
    const width = Math.max(0, high - 59);
    const length = 1 + (width === 0 ? high : numberAt(input, at + 1, width));
    const next = at + 1 + width + length;
    if (next > input.length) throw new Error('a Snappy literal is cut off');
    return { kind: 'literal', length, value: 0, next };
  }
  const width = [0, 1, 2, 4][tag & 3]!;
  const value = numberAt(input, at + 1, width);
  const next = at + 1 + width;
  if (width === 1) return { kind: 'copy', length: 4 + (high & 7), value: value + ((tag >>> 5) << 8), next };
  return { kind: 'copy', length: 1 + high, value, next };
}

/** Little-endian. */
function numberAt(input: Uint8Array, at: number, width: number): number {
  if (at + width > input.length) throw new Error('a Snappy element is cut off');
  return input.subarray(at, at + width).reduceRight((value, byte) => 256 * value + byte, 0);
}

/** Behind the length that Snappy data begin with; Parquet says it as well. */
function lengthEnd(input: Uint8Array): number {
  const last = input.findIndex((byte) => byte < 128);
  return last + 1;
}
