import { PareError } from '../lib/assert.ts';
import { checkLog, firstIssue } from './checkLog.ts';
import type { SessionEvent } from './events.ts';
import { isFragment, mostCharacters, packFragment, refusal, unpackFragment } from './fragment.ts';
import type { FragmentKind } from './fragment.ts';
import { parseJson } from './parseJson.ts';
import { thinPoints } from './thinPoints.ts';
import { fromWire, toWire, wireSchema } from './wire.ts';

/** The share link: a session in the page's address, `#s1.…` (docs/session-format.md). */
const kind: FragmentKind = {
  letter: 's',
  what: 'a Pare session',
  remedy: 'Ask the sender to copy the link again, or for the session file (.pare).',
};
/** More cannot fit unless they are all alike, and those would only keep the page busy. */
const mostPointsInLink = 10_000;

export interface EncodedLink {
  fragment: string;
  /** What was left out to keep the link short; null where nothing was. */
  notice: string | null;
}

/** True for any address fragment that claims to be a session, ours or a later version's. */
export const isLink = (fragment: string): boolean => isFragment(kind, fragment);

export function encodeLink(log: readonly SessionEvent[]): EncodedLink {
  const whole = encode(log);
  if (fits(log, whole)) return { fragment: whole, notice: null };
  const thinned = thinPoints(log, (shorter) => fits(shorter, encode(shorter)));
  if (thinned) return { fragment: encode(thinned.log), notice: thinned.notice };
  throw new PareError(
    'link-too-long',
    `This session does not fit into a link of ${mostCharacters / 1024} kB, even without its dominated sub-networks.`,
    'Save the session file instead and send that; it can be dropped on this page.',
    { characters: whole.length },
  );
}

const encode = (log: readonly SessionEvent[]): string => packFragment(kind, toWire(log));

const fits = (log: readonly SessionEvent[], fragment: string): boolean =>
  fragment.length <= mostCharacters &&
  log.filter((event) => event.type === 'evaluated').length <= mostPointsInLink;

/** Throws a PareError `link-…` that says what is wrong with the link, whatever it holds. */
export function decodeLink(fragment: string): SessionEvent[] {
  const refuse = refusal(kind);
  const parsed = wireSchema.safeParse(parseJson(unpackFragment(kind, fragment), refuse));
  if (!parsed.success) throw refuse('invalid', `does not hold a valid session: ${firstIssue(parsed.error)}`);
  return checkLog(fromWire(parsed.data), refuse, mostPointsInLink);
}
