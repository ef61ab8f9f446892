import type { SessionEvent } from '../session/events.ts';

const interval = 100;

/**
 * Gathers events and hands them on at most ten times a second. `flush` hands on what is left, and resolves when all has
 * arrived, earlier batches too: an answer on another port may otherwise overtake the events that lead to it.
 */
export function batchEvents(onEvents: (events: SessionEvent[]) => void | Promise<void>): {
  push: (event: SessionEvent) => void;
  flush: () => Promise<void>;
} {
  let waiting: SessionEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  let arrived = Promise.resolve();
  const flush = (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const events = waiting;
    waiting = [];
    if (events.length > 0) arrived = after(arrived, onEvents(events));
    return arrived;
  };
  const push = (event: SessionEvent) => {
    waiting.push(event);
    timer ??= setTimeout(() => void flush(), interval);
  };
  return { push, flush };
}

async function after(earlier: Promise<void>, sent: void | Promise<void>): Promise<void> {
  await Promise.all([earlier, sent]);
}
