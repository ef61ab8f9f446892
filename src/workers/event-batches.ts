import type { SessionEvent } from '../session/events.ts';

const interval = 100;

/** Gathers events and hands them on at most ten times a second; `flush` hands on what is left. */
export function batchEvents(onEvents: (events: SessionEvent[]) => unknown): { push: (event: SessionEvent) => void; flush: () => void } {
  let waiting: SessionEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  const flush = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (waiting.length > 0) void onEvents(waiting);
    waiting = [];
  };
  const push = (event: SessionEvent) => {
    waiting.push(event);
    timer ??= setTimeout(flush, interval);
  };
  return { push, flush };
}
