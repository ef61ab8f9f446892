/** One way of scoring sub-networks, whatever the task: what a search, a table of results and a button ask for. */
import { isRight } from '../datasets/answers.ts';
import type { Batch, BatchShape } from '../datasets/batches.ts';
import type { Example } from '../datasets/data.ts';
import type { TextTokenizer } from '../datasets/tokenizer.ts';
import { sizeOf } from '../graph/tensor.ts';
import { assert } from '../lib/assert.ts';
import { cacheSpecs } from '../models/cache.ts';
import type { Runnable } from '../models/runnable.ts';
import { beamSearch } from './beam.ts';
import { scoreChoices } from './choice.ts';
import { Evaluator, type Scores } from './evaluator.ts';
import { generateAll, type Stopping } from './generate-batch.ts';
import { Generator } from './generate.ts';

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

/** Only generated answers need the tokenizer: they are read as text. */
export function createScorer(
  model: Runnable,
  set: ScoredSet,
  rule: ScoringRule,
  tokenizer: TextTokenizer | null,
): Promise<Scorer> {
  return rule.task === 'generated'
    ? generationScorer(model, set.examples, rule, tokenizer)
    : forwardScorer(model, set, rule.task);
}

/** Exact match, perplexity and choices: one forward of every sequence. */
async function forwardScorer(
  model: Runnable,
  { examples, shape, batches }: ScoredSet,
  task: ScoringRule['task'],
): Promise<Scorer> {
  const evaluator = await Evaluator.create(model, shape, batches.length);
  const sequences = batches.reduce((sum, batch) => sum + batch.examples, 0);
  return {
    scratchBytes: evaluator.scratchBytes,
    async score(limits, pause, onExamples) {
      const onBatches = (done: number) =>
        onExamples?.(Math.floor(Math.min(1, (done * shape.batch) / sequences) * examples.length));
      if (task !== 'choice') return evaluator.score(batches, limits, pause, onBatches);
      return scoreChoices(examples, batches, await evaluator.measure(batches, limits, pause, onBatches));
    },
    dispose: () => evaluator.dispose(),
  };
}

/** Numbers of the logits that are read back at each step, and of the cache, at most. */
const mostLogits = 2 ** 21;
const mostCache = 2 ** 26;
const mostSequences = 32;

/** Answers that the model writes, and the published extraction of each data set. */
async function generationScorer(
  model: Runnable,
  examples: readonly Example[],
  rule: ScoringRule,
  tokenizer: TextTokenizer | null,
): Promise<Scorer> {
  assert(tokenizer, 'answers are read as text');
  const { beams, answerTokens: maxTokens } = rule;
  const prompts = examples.map(({ ids, answerStart }) => ids.slice(0, answerStart));
  const { sequences, capacity } = generationShape(model, examples, rule);
  const generator = await Generator.create(model, capacity, sequences);
  const stopping = { maxTokens, endIds: endTokens(examples, tokenizer) };
  const answer = beams > 1 ? answerWithBeams : generateAll;
  return {
    scratchBytes: generator.scratchBytes,
    async score(limits, pause, onExamples) {
      generator.limits = limits;
      const answers = await answer(generator, prompts, stopping, async (done) => {
        onExamples?.(done);
        await pause?.();
      });
      const right = answers.filter((ids, i) => isRight(examples[i]!.check!, tokenizer.decode(ids))).length;
      const tokens = answers.reduce((sum, ids) => sum + ids.length, 0);
      return { accuracy: right / examples.length, perplexity: Number.NaN, examples: examples.length, tokens };
    },
    dispose: () => generator.dispose(),
  };
}

/** How many answers are written at a time, and the positions that prompt and answer may take together. */
export function generationShape(
  model: Pick<Runnable, 'store' | 'config' | 'backend'>,
  examples: readonly Example[],
  { beams, answerTokens }: ScoringRule,
): { sequences: number; capacity: number } {
  const longest = examples.reduce((most, { answerStart }) => Math.max(most, answerStart), 0);
  const capacity = Math.min(model.config.maxPositions, longest + answerTokens);
  if (beams > 1) return { sequences: beams, capacity };
  const sizes = [...cacheSpecs(model, capacity).values()].map(({ shape }) => sizeOf(shape));
  const room = Math.min(
    mostSequences,
    examples.length,
    mostLogits / model.config.vocabSize,
    mostCache / sizes.reduce((sum, size) => sum + size, 0),
    model.backend.facts.maxTensorBytes / (4 * Math.max(...sizes)),
  );
  return { sequences: Math.max(1, Math.floor(room)), capacity };
}

/** Where an answer ends: the model's own end tokens, and what a chat template ends answers with. */
function endTokens(examples: readonly Example[], tokenizer: TextTokenizer): Set<number> {
  const last = examples.map(({ ids }) => ids.at(-1)!).filter((id) => tokenizer.isSpecial(id));
  return new Set([...tokenizer.endIds, ...last]);
}

async function answerWithBeams(
  generator: Generator,
  prompts: readonly (readonly number[])[],
  stopping: Stopping,
  onStep: (done: number) => Promise<void>,
): Promise<number[][]> {
  const answers: number[][] = [];
  for (const prompt of prompts) {
    answers.push(await beamSearch(generator, prompt, stopping));
    await onStep(answers.length);
  }
  return answers;
}
