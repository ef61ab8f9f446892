import { Gunzip, Inflate } from 'fflate';
import { crc32 } from '../lib/crc32.ts';
import type { Refuse } from './checkLog.ts';

export class InflationCap extends Error {
  /** Bytes that came out before inflation stopped. */
  readonly produced: number;

  constructor(produced: number) {
    super(`stopped after ${produced} bytes`);
    this.produced = produced;
  }
}
export class InflationTruncated extends Error {}

type Format = 'raw' | 'gzip';

/** fflate's code for "unexpected EOF"; everything else means damaged data. */
const unexpectedEnd = 0;
/** Deflate expands at most 1,032 times, so a slice of this size overshoots the cap by half a megabyte at most. */
const slice = 512;

/**
 * Inflates at most `cap` bytes. The input goes in slice by slice and inflation *stops* at the cap, so a bomb of any
 * size costs the cap and no more. Works in Node and in the page alike (the platform's DecompressionStream would be
 * asynchronous and hides how much it has already produced).
 */
export function inflateCapped(input: Uint8Array, format: Format, cap: number): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  const collect = (chunk: Uint8Array, final: boolean): void => {
    size += chunk.length;
    if (size > cap) throw new InflationCap(size);
    chunks.push(chunk);
    ended ||= final;
  };
  const stream = format === 'raw' ? new Inflate(collect) : new Gunzip(collect);
  try {
    for (let from = 0; from < input.length || from === 0; from += slice) {
      stream.push(input.subarray(from, from + slice), from + slice >= input.length);
    }
  } catch (error) {
    if (isUnexpectedEnd(error)) throw new InflationTruncated('the compressed data ends early');
    throw error;
  }
  if (!ended) throw new InflationTruncated('the compressed data ends early');
  return concatenate(chunks, size);
}

/** Inflates UTF-8 text; whatever is wrong with it is refused in words. */
export function inflateText(input: Uint8Array, format: Format, cap: number, refuse: Refuse): string {
  try {
    const bytes = inflateCapped(input, format, cap);
    if (format === 'gzip' && crc32(bytes) !== storedCrc(input)) throw new Error('checksum');
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof InflationCap) {
      const { produced } = error;
      throw refuse('too-big', 'would unpack to more than any session needs', undefined, { produced, cap });
    }
    if (error instanceof InflationTruncated) throw refuse('truncated', 'ends early: part of it is missing');
    throw refuse('damaged', 'is damaged and cannot be unpacked');
  }
}

/** gzip ends with the CRC-32 and the length of what was packed; fflate does not check them. */
const storedCrc = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(bytes.length - 8, true);

function isUnexpectedEnd(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === unexpectedEnd;
}

function concatenate(chunks: Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
