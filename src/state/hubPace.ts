import type { HubProgress } from '../workers/hub.protocol.ts';

/** How fast a download is, from its last seconds. */
export interface Pace extends HubProgress {
  /** Milliseconds since 1970, and what was here then; the oldest first. */
  readonly marks: readonly (readonly [at: number, done: number])[];
}

const windowMs = 5000;
/** Sooner it would be a guess. */
const leastMs = 800;

export function progressAt(before: Pace | null, progress: HubProgress, now: number): Pace {
  // What was here before it began is no speed.
  const known = before && before.total > 0 ? before.marks : [];
  const recent = known.filter(([at]) => now - at <= windowMs);
  return { ...progress, marks: [...recent, [now, progress.done] as const] };
}

/** Bytes a second; null while it is not known. */
export function rateOf({ marks }: Pace): number | null {
  const [first, last] = [marks[0], marks.at(-1)];
  if (!first || !last || last[0] - first[0] < leastMs) return null;
  return ((last[1] - first[1]) / (last[0] - first[0])) * 1000;
}

/** Milliseconds; null while it is not known. */
export function leftOf(pace: Pace): number | null {
  const rate = rateOf(pace);
  return rate === null || rate <= 0 ? null : ((pace.total - pace.done) / rate) * 1000;
}
