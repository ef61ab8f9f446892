import type { SessionEvent } from './events.ts';

/** Losses that follow on each other share an event up to this many, so an hour's run stays a short log. */
const lossesInOneEvent = 512;

/**
 * Appends in place, keeping the log short without changing its view: one progress event a stage (the latest), and
 * neighbouring losses in one event.
 */
export function appendToLog(log: SessionEvent[], events: readonly SessionEvent[]): void {
  for (const event of events) {
    if (event.type === 'progress') dropOlderProgress(log, event.stage);
    const last = log.at(-1);
    if (event.type === 'losses' && last?.type === 'losses' && follows(last, event)) {
      log[log.length - 1] = { ...event, from: last.from, values: [...last.values, ...event.values] };
    } else {
      log.push(event);
    }
  }
}

type Losses = Extract<SessionEvent, { type: 'losses' }>;

function follows(last: Losses, next: Losses): boolean {
  const length = last.values.length + next.values.length;
  return last.from + last.values.length === next.from && length <= lossesInOneEvent;
}

/** Searched from the end, and only within the stage, so that it stays cheap in a long log. */
function dropOlderProgress(log: SessionEvent[], stage: string): void {
  for (let index = log.length - 1; index >= 0; index--) {
    const event = log[index];
    if (event?.type === 'stage' || event?.type === 'started') return;
    if (event?.type === 'progress' && event.stage === stage) {
      log.splice(index, 1);
      return;
    }
  }
}
