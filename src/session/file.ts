import { gzipSync } from 'fflate';
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import { checkLog, parseJson } from './checkLog.ts';
import type { SessionEvent } from './events.ts';
import { InflationCap, InflationTruncated, inflateCapped } from './inflate.ts';

/**
 * The session file (`.pare`): the whole log as gzip'ed JSON. Untrusted like a link, with larger caps.
 * (Adapters and masks will join it; a version says which reader is needed.)
 */
const mostCompressed = 32 * 1024 * 1024;
const mostInflated = 64 * 1024 * 1024;
const envelope = z.strictObject({
  format: z.literal('pare-session'),
  version: z.number(),
  events: z.unknown(),
});

const refuse = (
  code: string,
  message: string,
  remedy = 'Save the session again where it was made, and drop that file.',
) => new PareError(`file-${code}`, `The session file ${message}.`, remedy);

export function writeSessionFile(log: readonly SessionEvent[]): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify({ format: 'pare-session', version: 1, events: log });
  // A fixed time stamp: the same session gives the same file.
  return new Uint8Array(gzipSync(new TextEncoder().encode(text), { level: 9, mtime: 0 }));
}

export function readSessionFile(bytes: Uint8Array): SessionEvent[] {
  if (bytes.length > mostCompressed) throw refuse('too-big', 'is larger than any session needs');
  const parsed = envelope.safeParse(parseJson(unpack(bytes), refuse));
  if (!parsed.success)
    throw refuse('invalid', 'is not a Pare session', 'Choose a file that Pare saved (.pare).');
  if (parsed.data.version !== 1) {
    throw refuse(
      'version',
      `was made by a newer Pare (format ${parsed.data.version})`,
      'Reload this page to get the newest version.',
    );
  }
  return checkLog(parsed.data.events, refuse);
}

function unpack(bytes: Uint8Array): string {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
    throw refuse('invalid', 'is not a Pare session', 'Choose a file that Pare saved (.pare).');
  }
  try {
    const inflated = inflateCapped(bytes, 'gzip', mostInflated);
    if (crc32(inflated) !== storedCrc(bytes)) throw new Error('checksum');
    return new TextDecoder('utf-8', { fatal: true }).decode(inflated);
  } catch (error) {
    if (error instanceof InflationCap) throw refuse('too-big', 'would unpack to more than any session needs');
    if (error instanceof InflationTruncated) throw refuse('truncated', 'ends early: part of it is missing');
    throw refuse('damaged', 'is damaged and cannot be unpacked');
  }
}

/** gzip ends with the CRC-32 and the length of what was packed; fflate does not check them. */
const storedCrc = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true);

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
