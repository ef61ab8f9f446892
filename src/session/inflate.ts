import { Gunzip, Inflate } from 'fflate';

export class InflationCap extends Error {}
export class InflationTruncated extends Error {}

/** fflate's code for "unexpected EOF"; everything else means damaged data. */
const unexpectedEnd = 0;
/** Deflate expands at most 1,032 times, so a slice of this size overshoots the cap by half a megabyte at most. */
const slice = 512;

/**
 * Inflates at most `cap` bytes. The input goes in slice by slice and inflation *stops* at the cap, so a bomb of any
 * size costs the cap and no more. Works in Node and in the page alike (the platform's DecompressionStream would be
 * asynchronous and hides how much it has already produced).
 */
export function inflateCapped(input: Uint8Array, format: 'raw' | 'gzip', cap: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  const collect = (chunk: Uint8Array, final: boolean): void => {
    size += chunk.length;
    if (size > cap) throw new InflationCap(`more than ${cap} bytes`);
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

function isUnexpectedEnd(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === unexpectedEnd;
}

function concatenate(chunks: Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
