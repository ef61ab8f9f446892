/**
 * Multiple choice (METHODS §12): the log-likelihood of each option after the prompt, without an end token; the option of
 * the highest one is the model's answer. As it is, and divided by the option's length in characters, which is what
 * lm-evaluation-harness calls `acc` and `acc_norm`.
 */
import type { Example, Option } from '../datasets/data.ts';

/** Every option of every example, one after the other: what is run. */
export const optionsOf = (examples: readonly Example[]): Option[] =>
  examples.flatMap(({ options }) => options ?? []);

/** The first of the highest. What is not a number is never chosen. */
export function bestOption(values: readonly number[]): number {
  let chosen = -1;
  values.forEach((value, i) => {
    if (!Number.isNaN(value) && (chosen === -1 || value > values[chosen]!)) chosen = i;
  });
  return chosen;
}
