import type { SessionEvent } from '../session/events.ts';

/** Says what happens in a run, an event a line, on standard error; what a restored log brings again is left out. */
export function eventLines(known: readonly SessionEvent[] = []): (event: SessionEvent) => void {
  const seen = new WeakSet<SessionEvent>(known);
  return (event) => {
    if (event.type === 'progress' || event.type === 'started' || seen.has(event)) return;
    seen.add(event);
    const { type, at, ...rest } = event;
    const text =
      type === 'losses'
        ? `step ${event.from + event.values.length}, loss ${event.values.at(-1)?.toFixed(4)}`
        : JSON.stringify(rest).slice(0, 160);
    process.stderr.write(`${(at / 1000).toFixed(1).padStart(7)} s  ${type}  ${text}\n`);
  };
}
