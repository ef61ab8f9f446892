/**
 * Multiple choice (METHODS §12): the log-likelihood of each option after the prompt, without an end token; the option of
 * the highest one is the model's answer. As it is, and divided by the option's length in characters, which is what
 * lm-evaluation-harness calls `acc` and `acc_norm`.
 */
import type { Batch } from '../datasets/batches.ts';
import type { Example, Option } from '../datasets/data.ts';
import { assert } from '../lib/assert.ts';
import type { RowResults, Scores } from './evaluator.ts';

/** Every option of every example, one after the other: what is run. */
export const optionsOf = (examples: readonly Example[]): Option[] =>
  examples.flatMap(({ options }) => options ?? []);

/** `batches` are those of `optionsOf(examples)`, in order. */
export function scoreChoices(
  examples: readonly Example[],
  batches: readonly Batch[],
  results: RowResults,
): Scores {
  const { losses, tokens } = lossesOf(batches, results);
  let [plain, normalised, first] = [0, 0, 0];
  for (const { options, correct } of examples) {
    assert(options && options.length > 0, 'a choice has options');
    const likelihoods = options.map((_, i) => -losses[first + i]!);
    if (best(likelihoods) === correct) plain++;
    if (best(likelihoods.map((value, i) => value / options[i]!.characters)) === correct) normalised++;
    first += options.length;
  }
  const count = examples.length;
  const total = losses.reduce((sum, loss) => sum + loss, 0);
  return {
    accuracy: plain / count,
    normalised: normalised / count,
    perplexity: Math.exp(total / tokens),
    examples: count,
    tokens,
  };
}

/** The summed loss of each sequence. */
function lossesOf(batches: readonly Batch[], { losses }: RowResults): { losses: number[]; tokens: number } {
  const sums: number[] = [];
  let tokens = 0;
  batches.forEach((batch, index) => {
    const own = Array.from({ length: batch.examples }, () => 0);
    batch.targets.forEach((target, row) => {
      if (target < 0) return;
      tokens++;
      own[batch.exampleOfRow[row]!]! += losses[index * batch.rows.length + row]!;
    });
    sums.push(...own);
  });
  return { losses: sums, tokens };
}

/** The first of the highest. What is not a number is never chosen. */
function best(values: readonly number[]): number {
  let chosen = -1;
  values.forEach((value, i) => {
    if (!Number.isNaN(value) && (chosen === -1 || value > values[chosen]!)) chosen = i;
  });
  return chosen;
}
