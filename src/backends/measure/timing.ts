import { median } from '../../lib/statistics.ts';
import type { MeasureOptions, Spread } from './figures.ts';

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/** Ours over theirs, round by round. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Spread {
  return spreadOf(ours.map((value, round) => value / theirs[round]!));
}

/** Milliseconds that `work` takes. */
export async function elapsed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

export type Rounds = number | Pick<MeasureOptions, 'rounds' | 'pause' | 'patience'>;

const leastRounds = 3;

/** Round after round, up to so many; fewer, but at least three, where they take long. */
export async function inRounds(given: Rounds, measure: (round: number) => Promise<void>): Promise<void> {
  const { rounds, pause, patience = 20 } = typeof given === 'number' ? { rounds: given } : given;
  const began = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round >= leastRounds && performance.now() - began > 1000 * patience) return;
    await measure(round);
    await pause?.();
  }
}

/**
 * Measures candidates turn by turn, each round starting with another one, so that a slow spell of the machine falls
 * on all of them. Gives each candidate's numbers, round by round.
 */
export async function interleaved(
  candidates: readonly (() => Promise<number>)[],
  rounds: Rounds,
): Promise<number[][]> {
  const results = candidates.map((): number[] => []);
  await inRounds(rounds, async (round) => {
    for (let turn = 0; turn < candidates.length; turn++) {
      const index = (turn + round) % candidates.length;
      results[index]!.push(await candidates[index]!());
    }
  });
  return results;
}

/** How often to repeat something that took `milliseconds`, so that a measurement takes about `target`. */
export function repetitions(milliseconds: number, target: number, most: number): number {
  return Math.max(1, Math.min(most, Math.round(target / Math.max(0.01, milliseconds))));
}

/** `Map.groupBy`, which the types of ES2023 do not know. */
export function groupBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
