import { PareError } from '../lib/assert.ts';

/** How long an example may be, in tokens. */
export interface LengthLimits {
  /** Longer examples are left out, longer texts are cut. */
  readonly maxLength: number;
  /** What `maxLength` may be raised to; as it is unless given. */
  readonly raisableTo?: number;
  /**
   * Tokens that the model may write: an example is then as long as its prompt and these, and the file's own answer, which
   * is not read, does not count.
   */
  readonly answerRoom?: number;
}

/** The share of the examples that the length which is advised takes. */
const most = 0.9;

/** No example is short enough: says which length would take most of them. `lengths`: theirs, in tokens. */
export function allTooLong(lengths: readonly number[], limits: LengthLimits): PareError {
  const { maxLength, raisableTo = maxLength, answerRoom } = limits;
  const sorted = lengths.toSorted((a, b) => a - b);
  const shortest = sorted[0] ?? 0;
  const advised = Math.min(raisableTo, sorted[Math.ceil(most * sorted.length) - 1] ?? 0);
  const taken = sorted.filter((length) => length <= advised).length;
  const room = answerRoom === undefined ? '' : `, with ${answerRoom} for the answer`;
  return new PareError(
    'data-too-long',
    `All ${lengths.length} examples are longer than ${maxLength} tokens${room}; the shortest has ${shortest}.`,
    taken > 0 && advised > maxLength
      ? `Set “Longest”, under Advanced, Data and scoring (maxLength in a recipe file), to ${advised} tokens, which takes ${taken} of them; or use shorter examples.`
      : `${raisableTo} is the most for this model. ${answerRoom === undefined ? 'Use' : 'Allow shorter answers, or use'} shorter examples.`,
    { maxLength, shortest, advised },
  );
}
