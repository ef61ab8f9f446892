import { deflateSync } from 'fflate';
import { PareError } from '../lib/assert.ts';
import { checksum, fromBase64Url, toBase64Url } from './base64url.ts';
import { checkLog, firstIssue, parseJson } from './checkLog.ts';
import type { SessionEvent } from './events.ts';
import { InflationCap, InflationTruncated, inflateCapped } from './inflate.ts';
import { thinPoints } from './thinPoints.ts';
import { fromWire, toWire, wireSchema } from './wire.ts';

/**
 * The share link: `#s1.` + base64url(deflate-raw(checksum + JSON of the compact log)).
 * A link is untrusted: its size is capped before and after inflation, its text is checksummed and schema-checked,
 * and what it holds is only ever shown as text.
 */
export const linkPrefix = '#s1.';
/** Longer links break in chat tools (PEERS §3). */
export const mostCharacters = 32 * 1024;
/** A link of 32 kB that Pare made inflates to a few hundred kB; what needs more is not ours. */
const mostInflated = 2 * 1024 * 1024;

export interface EncodedLink {
  fragment: string;
  /** What was left out to keep the link short; null where nothing was. */
  notice: string | null;
}

/** True for any address fragment that claims to be a session, ours or a later version's. */
export const isLink = (fragment: string): boolean => /^#?s\d+\./.test(fragment);

export function encodeLink(log: readonly SessionEvent[]): EncodedLink {
  const fragment = encode(log);
  if (fragment.length <= mostCharacters) return { fragment, notice: null };
  const thinned = thinPoints(log, (shorter) => encode(shorter).length <= mostCharacters);
  if (thinned) return { fragment: encode(thinned.log), notice: thinned.notice };
  throw new PareError(
    'link-too-long',
    `This session does not fit into a link of ${mostCharacters / 1024} kB, even without its dominated sub-networks.`,
    'Save the session file instead and send that; it can be dropped on this page.',
    { characters: fragment.length },
  );
}

function encode(log: readonly SessionEvent[]): string {
  const text = JSON.stringify(toWire(log));
  const bytes = new TextEncoder().encode(checksum(text) + text);
  return linkPrefix + toBase64Url(deflateSync(bytes, { level: 9, mem: 12 }));
}

const askAgain = 'Ask the sender to copy the link again, or for the session file (.pare).';
const refuse = (code: string, message: string, remedy = askAgain): PareError =>
  new PareError(`link-${code}`, `The link ${message}.`, remedy);

export function decodeLink(fragment: string): SessionEvent[] {
  const version = /^#?s(\d+)\./.exec(fragment);
  if (!version) throw refuse('unknown', 'is not a Pare session');
  if (version[1] !== '1') {
    throw refuse(
      'version',
      `was made by a newer Pare (format ${version[1]?.slice(0, 6)})`,
      'Reload this page to get the newest version.',
    );
  }
  if (fragment.length > mostCharacters + 1) {
    throw refuse('too-long', `is longer than the ${mostCharacters / 1024} kB that a Pare link can have`);
  }
  const parsed = wireSchema.safeParse(parseJson(unpack(fragment.slice(version[0].length)), refuse));
  if (!parsed.success) throw refuse('invalid', `does not hold a valid session: ${firstIssue(parsed.error)}`);
  return checkLog(fromWire(parsed.data), refuse);
}

function unpack(encoded: string): string {
  const bytes = fromBase64Url(encoded);
  if (!bytes) throw refuse('damaged', 'holds characters that do not belong in it');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(inflateCapped(bytes, 'raw', mostInflated));
  } catch (error) {
    if (error instanceof InflationCap) throw refuse('too-big', 'would unpack to more than any session needs');
    if (error instanceof InflationTruncated)
      throw refuse('truncated', 'ends early: part of it was lost on the way');
    throw refuse('damaged', 'is damaged and cannot be unpacked');
  }
  const json = text.slice(8);
  if (text.slice(0, 8) !== checksum(json))
    throw refuse('damaged', 'was changed on the way: its checksum is wrong');
  return json;
}
