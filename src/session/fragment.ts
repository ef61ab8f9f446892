import { deflateSync } from 'fflate';
import { PareError } from '../lib/assert.ts';
import { checksum, fromBase64Url, toBase64Url } from './base64url.ts';
import type { Refuse } from './checkLog.ts';
import { inflateText } from './inflate.ts';

/**
 * What a page's address may carry after `#`: a letter for what it is, a version, a dot, and
 * base64url(deflate-raw(checksum + JSON)). It is untrusted: its size is capped before and after inflation, and its text
 * is checksummed; whoever reads the JSON checks it against a schema.
 */
export interface FragmentKind {
  readonly letter: 's' | 'r';
  /** For messages: "a Pare session". */
  readonly what: string;
  /** What to do about one that is damaged. */
  readonly remedy: string;
}

/** Longer links break in chat tools (PEERS §3). */
export const mostCharacters = 32 * 1024;
/** A fragment of 32 kB that Pare made inflates to a few hundred kB; what needs more is not ours. */
export const mostInflated = 2 * 1024 * 1024;
const version = '1';

/** True for any fragment that claims to be of this kind, ours or a later version's. */
export const isFragment = ({ letter }: FragmentKind, fragment: string): boolean =>
  new RegExp(`^#?${letter}\\d+\\.`).test(fragment);

export const refusal =
  (kind: FragmentKind): Refuse =>
  (code, message, remedy = kind.remedy, details = {}) =>
    new PareError(`link-${code}`, `The link ${message}.`, remedy, details);

export function packFragment({ letter }: FragmentKind, value: unknown): string {
  const text = JSON.stringify(value);
  const bytes = new TextEncoder().encode(checksum(text) + text);
  return `#${letter}${version}.${toBase64Url(deflateSync(bytes, { level: 9 }))}`;
}

/** The JSON text in a fragment, with or without its `#`. */
export function unpackFragment(kind: FragmentKind, fragment: string): string {
  const refuse = refusal(kind);
  const found = new RegExp(`^#?${kind.letter}(\\d+)\\.`).exec(fragment);
  if (!found) throw refuse('unknown', `is not ${kind.what}`);
  if (found[1] !== version) {
    throw refuse(
      'version',
      `was made by a newer Pare (format ${found[1]?.slice(0, 6)})`,
      'Reload this page to get the newest version.',
    );
  }
  if (fragment.length > mostCharacters + 1) {
    throw refuse('too-long', `is longer than the ${mostCharacters / 1024} kB that a Pare link can have`);
  }
  const bytes = fromBase64Url(fragment.slice(found[0].length));
  if (!bytes) throw refuse('damaged', 'holds characters that do not belong in it');
  const text = inflateText(bytes, 'raw', mostInflated, refuse);
  const json = text.slice(8);
  if (text.slice(0, 8) === checksum(json)) return json;
  throw refuse('damaged', 'was changed on the way: its checksum is wrong');
}
