import { mostWork } from '../../kernels/work.ts';

/** Milliseconds of a submit, and of what is queued before anybody waits, about. Watchdogs bite after ten seconds. */
const submitTime = 100;
const aheadTime = 250;
/** On a device of which nothing is known yet, and never less. */
const leastAhead = 5e8;
const most = 1e12;
/** Speed is believed to be no more than so many times what it was: a short measurement may be far off. */
const growth = 4;
/** A span below this many milliseconds says more of the way to the device than of its speed. */
const shortest = 2;

/**
 * How fast a device has been, from what was queued since it was waited for last and how long that took. Only the cuts
 * between submits follow from it, never what is computed: dispatches are cut without regard to time.
 */
export class Pace {
  /** Multiply–accumulates a millisecond. */
  #speed = mostWork / submitTime;
  #queued = 0;
  #since = 0;

  /** Multiply–accumulates of a submit, at most, unless one dispatch has more. */
  get submitWork(): number {
    return Math.min(most, Math.max(mostWork, this.#speed * submitTime));
  }

  get aheadWork(): number {
    return Math.min(most, Math.max(leastAhead, this.#speed * aheadTime));
  }

  queue(work: number): void {
    if (this.#queued === 0) this.#since = performance.now();
    this.#queued += work;
  }

  /** Before waiting; what it gives is called when the device is idle. */
  waiting(): () => void {
    const [queued, since] = [this.#queued, this.#since];
    this.#queued = 0;
    return () => {
      const elapsed = performance.now() - since;
      if (queued < mostWork / 10 || elapsed < shortest) return;
      this.#speed = Math.min(queued / elapsed, growth * Math.max(this.#speed, mostWork / submitTime));
    };
  }
}
