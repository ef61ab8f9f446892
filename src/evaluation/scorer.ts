/** One way of scoring sub-networks, whatever the task: what a search, a table of results and a button ask for. */
import type { Batch, BatchShape } from '../datasets/batches.ts';
import type { Example } from '../datasets/data.ts';
import type { TextTokenizer } from '../datasets/tokenizer.ts';
import type { Runnable } from '../models/runnable.ts';
import { scoreChoices } from './choice.ts';
import { Evaluator, type Scores } from './evaluator.ts';

/** Examples to score, and the sequences that are run for that: the examples themselves, or the options of a choice. */
export interface ScoredSet {
  readonly examples: readonly Example[];
  readonly shape: BatchShape;
  readonly batches: readonly Batch[];
}

/** How examples are scored (METHODS §12). */
export interface ScoringRule {
  readonly task: 'exact' | 'generated' | 'choice' | 'perplexity';
  /** Of generated answers: beams (1: greedy), and tokens at most. */
  readonly beams: number;
  readonly answerTokens: number;
}

export interface Scorer {
  /** Working memory on the device, in bytes. */
  readonly scratchBytes: number;
  /** `pause` is called between portions; it may wait, or throw to stop. `onExamples` hears of examples that are done. */
  score(
    limits: readonly number[],
    pause?: () => Promise<void>,
    onExamples?: (done: number) => void,
  ): Promise<Scores>;
  dispose(): void;
}

export async function createScorer(
  model: Runnable,
  set: ScoredSet,
  rule: ScoringRule,
  _tokenizer: TextTokenizer | null,
): Promise<Scorer> {
  const { examples, shape, batches } = set;
  const evaluator = await Evaluator.create(model, shape, batches.length);
  const sequences = batches.reduce((sum, batch) => sum + batch.examples, 0);
  return {
    scratchBytes: evaluator.scratchBytes,
    async score(limits, pause, onExamples) {
      const results = (done: number) =>
        onExamples?.(Math.floor(Math.min(1, (done * shape.batch) / sequences) * examples.length));
      if (rule.task !== 'choice') return evaluator.score(batches, limits, pause, results);
      return scoreChoices(examples, batches, await evaluator.measure(batches, limits, pause, results));
    },
    dispose: () => evaluator.dispose(),
  };
}
