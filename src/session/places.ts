import type { Point } from './front.ts';

type Scored = Pick<Point, 'genome'> & { unfinished?: Point['unfinished'] | undefined };

/**
 * Which point of the view each scored event is: a new one, unless it scores to the end what was stopped early. Then it
 * takes the place of that bound, which says nothing any more.
 */
export class Places {
  readonly #stopped = new Map<string, number>();
  #next = 0;

  /** Goes on after points that have their places. */
  constructor(points: readonly Scored[] = []) {
    for (const [index, { genome, unfinished }] of points.entries())
      if (genome && unfinished) this.#stopped.set(genome.join(), index);
    this.#next = points.length;
  }

  /** The next event's place. */
  take({ genome, unfinished = null }: Scored): number {
    const key = genome?.join();
    const stopped = key === undefined || unfinished ? undefined : this.#stopped.get(key);
    if (key !== undefined && stopped !== undefined) {
      this.#stopped.delete(key);
      return stopped;
    }
    if (key !== undefined && unfinished) this.#stopped.set(key, this.#next);
    return this.#next++;
  }
}
