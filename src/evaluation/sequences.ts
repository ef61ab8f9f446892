/** What is run to score examples: the examples themselves, or the options of a choice. */
import type { LossSpan } from '../datasets/batches.ts';
import type { Example } from '../datasets/data.ts';

/** A text to run, and what is predicted of it. */
export interface Sequence {
  /** All tokens but the last, from which nothing is predicted. */
  readonly ids: readonly number[];
  /** The position that the first target is predicted at; the others follow. */
  readonly first: number;
  readonly targets: readonly number[];
  /** Index of the example that it is, or is an option of. */
  readonly example: number;
  /** Of an option, in characters; else 0. */
  readonly characters: number;
}

/** In the order of the examples, options one after the other. */
export function sequencesOf(examples: readonly Example[], isChoice: boolean, loss: LossSpan): Sequence[] {
  return examples.flatMap((example, index) =>
    isChoice
      ? (example.options ?? []).map((option) => sequenceOf(option, index, loss, option.characters))
      : [sequenceOf(example, index, loss, 0)],
  );
}

function sequenceOf(
  { ids, answerStart }: Example,
  example: number,
  loss: LossSpan,
  characters: number,
): Sequence {
  const start = loss === 'all' ? 1 : answerStart;
  return { ids: ids.slice(0, -1), first: start - 1, targets: ids.slice(start), example, characters };
}
