import { gzipSync } from 'fflate';
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import { checkLog } from './checkLog.ts';
import type { Refuse } from './checkLog.ts';
import type { SessionEvent } from './events.ts';
import { inflateText } from './inflate.ts';
import { parseJson } from './parseJson.ts';

/**
 * The session file (`.pare`) of a session without a checkpoint: the whole log as gzip'ed JSON. Untrusted like a link,
 * with larger caps. With a checkpoint it is another file, of version 2 (`saved-session.ts`; docs/session-format.md).
 */
export const mostCompressed = 32 * 1024 * 1024;
export const mostInflated = 64 * 1024 * 1024;

const envelope = z.looseObject({ format: z.literal('pare-session'), version: z.number() });
const contentSchema = z.strictObject({ format: z.string(), version: z.number(), events: z.unknown() });

export const notASession = [
  'invalid',
  'is not a Pare session',
  'Choose a file that Pare saved (.pare).',
] as const;

/** `name`: of the file, where it is known. */
export const fileRefusal =
  (name?: string): Refuse =>
  (code, message, remedy = 'Save the session again where it was made, and drop that file.', details = {}) =>
    new PareError(`file-${code}`, `The session file ${name ? `${name} ` : ''}${message}.`, remedy, details);

export function writeSessionFile(log: readonly SessionEvent[]): Uint8Array<ArrayBuffer> {
  return packSession({ format: 'pare-session', version: 1, events: log }, 9);
}

export function readSessionFile(bytes: Uint8Array, refuse = fileRefusal()): SessionEvent[] {
  const parsed = contentSchema.safeParse(unpackSession(bytes, 1, refuse));
  if (!parsed.success) throw refuse(...notASession);
  return checkLog(parsed.data.events, refuse);
}

/** Gzip'ed JSON, the same bytes for the same content: the time stamp is fixed. */
export function packSession(content: unknown, level: 6 | 9): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  if (bytes.length > mostInflated) {
    const remedy =
      'Export the model and save the report; a search with fewer evaluations can be saved whole.';
    throw new PareError('file-too-big', 'This session is too long for a session file.', remedy);
  }
  return new Uint8Array(gzipSync(bytes, { level, mtime: 0 }));
}

/** What `packSession` packed: a session of this version, of which nothing more is known yet. */
export function unpackSession(bytes: Uint8Array, version: number, refuse: Refuse): unknown {
  if (bytes.length > mostCompressed) throw refuse('too-big', 'is larger than any session needs');
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw refuse(...notASession);
  const content = parseJson(inflateText(bytes, 'gzip', mostInflated, refuse), refuse);
  const parsed = envelope.safeParse(content);
  if (!parsed.success) throw refuse(...notASession);
  if (parsed.data.version === version) return content;
  throw refuse(
    'version',
    `was made by a newer Pare (format ${parsed.data.version})`,
    'Reload this page to get the newest version.',
  );
}
