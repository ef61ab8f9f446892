import { integer, scoreText } from '../../session/format.ts';
import type { LibraryEntry } from '../../state/library.ts';

/** What one may want to know of an entry beside its record. */
export interface EntryPlace {
  /** The run whose model is at hand. */
  isLive: boolean;
  isElsewhere: boolean;
}

/** A record says how it was left; whoever works on it now knows better. */
export function statusOf({ status, state }: LibraryEntry, { isLive, isElsewhere }: EntryPlace): string {
  if (isElsewhere) return 'open in another tab';
  const active = status === 'running' || status === 'paused';
  if (active && isLive) return status;
  if (active) return state === 'run' ? 'broke off, can go on' : 'broke off';
  return status;
}

/** “48 scored, best 62.5 %”. */
export function outcomeOf({ evaluations, best, metric }: LibraryEntry): string {
  const scored = `${integer(evaluations)} scored`;
  return best === null ? scored : `${scored}, best ${scoreText(best, metric)}`;
}

/** “22 Nov, 10:00”; the year where it is another one. */
export function dateOf(iso: string, now = new Date()): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const };
  return date.toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    ...year,
  });
}
