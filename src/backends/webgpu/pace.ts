import { mostWork } from '../../kernels/work.ts';

/** Milliseconds of a submit, and of what is queued before anybody waits, about. Watchdogs bite after ten seconds. */
const submitTime = 100;
const aheadTime = 250;
/** In programs of which nothing is known yet, and never less. */
const leastAhead = 5e8;
const most = 1e12;
/** Speed is believed to be no more than so many times what it was: a short measurement may be far off. */
const growth = 4;
/** A span below this many milliseconds says more of the way to the device than of its speed. */
const shortest = 2;

const slowest = mostWork / submitTime;

/** A program's own speed: what is bound by memory has a hundredth of the multiply–accumulates a second of what is not. */
export class Track {
  /** Multiply–accumulates a millisecond. */
  speed = slowest;

  /** Multiply–accumulates of a submit, at most, unless one dispatch has more. */
  get submitWork(): number {
    return Math.min(most, Math.max(mostWork, this.speed * submitTime));
  }

  get aheadWork(): number {
    return Math.min(most, Math.max(leastAhead, this.speed * aheadTime));
  }
}

/**
 * How fast programs have been on a device, from what was queued since it was waited for last and how long that took. Only
 * the cuts between submits follow from it, never what is computed: dispatches are cut without regard to time.
 */
export class Pace {
  /** Multiply–accumulates since the device was waited for, by whose they are. */
  #queued = new Map<Track, number>();
  #since = 0;
  #latest = new Track();

  /** Of the program that was queued last. */
  get aheadWork(): number {
    return this.#latest.aheadWork;
  }

  queue(track: Track, work: number): void {
    if (this.#queued.size === 0) this.#since = performance.now();
    this.#queued.set(track, (this.#queued.get(track) ?? 0) + work);
    this.#latest = track;
  }

  /** Before waiting; what it gives is called when the device is idle. */
  waiting(): () => void {
    const [queued, since] = [this.#queued, this.#since];
    this.#queued = new Map();
    return () => {
      const elapsed = performance.now() - since;
      const all = [...queued.values()].reduce((sum, work) => sum + work, 0);
      if (all < mostWork / 10 || elapsed < shortest) return;
      // What did little of it may be slower by itself than all together.
      for (const [track, work] of queued)
        if (work > all / 2) track.speed = Math.min(all / elapsed, growth * Math.max(track.speed, slowest));
    };
  }
}
