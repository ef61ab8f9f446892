/** Divides examples into train, validation and test: seeded, and never the same prompt on two sides. */
import { PareError } from '../lib/assert.ts';
import type { Random } from '../lib/random.ts';

/** How much is held out: a number of examples, or a share of all where it is below 1. The rest is for training. */
export interface SplitSizes {
  readonly validation: number;
  readonly test: number;
}

export interface Split<T> {
  readonly train: T[];
  readonly validation: T[];
  readonly test: T[];
}

/**
 * Shuffles and divides. Examples with the same `keyOf` stay together; where such a group does not fit into what a
 * held-out part still lacks, it goes to training, so a held-out part can be smaller than asked for, but never empty.
 */
export function splitExamples<T>(
  examples: readonly T[],
  sizes: SplitSizes,
  keyOf: (example: T) => string,
  random: Random,
): Split<T> {
  const validation = countOf(sizes.validation, examples.length);
  const test = countOf(sizes.test, examples.length);
  if (validation + test >= examples.length) throw tooFew(examples.length, validation, test);
  const groups = random.shuffle(groupBy(examples, keyOf));
  const taken = { test: take(groups, test), validation: [] as T[], train: [] as T[] };
  taken.validation = take(groups, validation);
  taken.train = groups.flat();
  const starved =
    (test > 0 && taken.test.length === 0) ||
    (validation > 0 && taken.validation.length === 0) ||
    taken.train.length === 0;
  if (starved) throw tooAlike(examples.length, groupBy(examples, keyOf).length);
  return taken;
}

function countOf(size: number, total: number): number {
  return size < 1 ? Math.round(size * total) : Math.floor(size);
}

function groupBy<T>(examples: readonly T[], keyOf: (example: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const example of examples) {
    const key = keyOf(example);
    const group = groups.get(key);
    if (group) group.push(example);
    else groups.set(key, [example]);
  }
  return [...groups.values()];
}

/** Removes groups from the list, first ones first, as long as they fit into `count`. */
function take<T>(groups: T[][], count: number): T[] {
  const taken: T[] = [];
  const left = groups.filter((group) => {
    if (taken.length + group.length > count) return true;
    taken.push(...group);
    return false;
  });
  groups.splice(0, groups.length, ...left);
  return taken;
}

function tooFew(total: number, validation: number, test: number): PareError {
  const held = Math.max(1, Math.floor(total / 4));
  return new PareError(
    'data-too-small',
    `${total} examples cannot be divided into ${validation} for validation, ${test} for the test and some for training.`,
    total < 3
      ? 'Use a data file with at least three examples.'
      : `Hold out fewer (${held} and ${held}, say), or use more data.`,
    { total, validation, test },
  );
}

function tooAlike(total: number, prompts: number): PareError {
  return new PareError(
    'data-too-alike',
    `The ${total} examples have only ${prompts} different prompts, too few to divide without the same one on two sides.`,
    'Use data with more different prompts, or hold out more examples.',
    { total, prompts },
  );
}
