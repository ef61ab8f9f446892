import type { DeviceInfo, SessionEvent } from '../session/events.ts';
import { appendToLog } from '../session/log.ts';
import { lastDevice } from './recovery.ts';

type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never;
export type UntimedEvent = WithoutTime<SessionEvent>;

/** The log of a run as it grows, with its clock: time in which nothing ran (a closed page) does not count. */
export class SessionLog {
  readonly #onEvent: (event: SessionEvent) => void;
  #events: SessionEvent[] = [];
  #zero = performance.now();

  constructor(onEvent: (event: SessionEvent) => void) {
    this.#onEvent = onEvent;
  }

  get events(): readonly SessionEvent[] {
    return this.#events;
  }

  /** Milliseconds since the run began. */
  get elapsed(): number {
    return Math.max(0, Math.round(performance.now() - this.#zero));
  }

  get finished(): boolean {
    return this.#events.some(({ type }) => type === 'finished');
  }

  /** What the run was on last. */
  get device(): DeviceInfo | null {
    return lastDevice(this.#events);
  }

  get accumulation(): number {
    const latest = this.#events.findLast(({ type }) => type === 'recovered' || type === 'started');
    return latest?.type === 'recovered' ? latest.accumulation : 1;
  }

  emit(event: UntimedEvent): void {
    const timed: SessionEvent = { ...event, at: this.elapsed };
    appendToLog(this.#events, [timed]);
    this.#onEvent(timed);
  }

  /** Goes back to what the log was; whoever listens is given all of it again. */
  restore(events: readonly SessionEvent[]): void {
    this.#events = [...events];
    this.#zero = performance.now() - events.reduce((latest, { at }) => Math.max(latest, at), 0);
    for (const event of events) this.#onEvent(event);
  }

  clear(): void {
    this.#events = [];
    this.#zero = performance.now();
  }
}
