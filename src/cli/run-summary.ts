import { PareError } from '../lib/assert.ts';
import type { SessionEvent } from '../session/events.ts';
import { encodeLink } from '../session/link.ts';
import { viewOf } from '../session/reduce.ts';
import type { Flags } from './arguments.ts';

const point = ({
  genome,
  macs,
  score,
}: {
  genome: readonly number[] | null;
  macs: number;
  score: number;
}) => ({ genome: genome ?? [], macs, accuracy: score });

/** What `--json` prints of a run. */
export function summary(log: readonly SessionEvent[], flags: Flags) {
  const evaluated = log.filter((event) => event.type === 'evaluated');
  const end = log.find((event) => event.type === 'finished');
  const { front, hypervolume } = viewOf(log);
  const heuristic =
    evaluated.find(({ tag }) => tag === 'heuristic') ?? evaluated.find(({ tag }) => tag === 'lora');
  return {
    front: front.map(point),
    heuristic: heuristic ? point(heuristic) : null,
    hypervolume: hypervolume.map((each) => each.hypervolume),
    link: linkOrNull(log, flags),
    seconds: end?.seconds ?? 0,
  };
}

/** The whole address that opens the session, on the site that `--base` or PARE_URL names. */
export function linkOf(
  log: readonly SessionEvent[],
  { base }: Flags,
): { link: string; notice: string | null } {
  const { fragment, notice } = encodeLink(log);
  return { link: `${base ?? process.env.PARE_URL ?? 'http://127.0.0.1:4173/'}${fragment}`, notice };
}

/** null where the session is too long for a link (the session file holds it all), which is said on standard error. */
export function linkOrNull(log: readonly SessionEvent[], flags: Flags): string | null {
  try {
    return linkOf(log, flags).link;
  } catch (error) {
    if (!(error instanceof PareError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return null;
  }
}
