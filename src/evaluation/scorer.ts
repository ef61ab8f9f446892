/** One way of scoring sub-networks, whatever the task: what a search, a table of results and a button ask for. */
import { isRight } from '../datasets/answers.ts';
import { evaluationBatches, type BatchShape } from '../datasets/batches.ts';
import type { Example } from '../datasets/data.ts';
import type { TextTokenizer } from '../datasets/tokenizer.ts';
import { sizeOf } from '../graph/tensor.ts';
import { assert } from '../lib/assert.ts';
import { cacheSpecs } from '../models/cache.ts';
import type { Runnable } from '../models/runnable.ts';
import { BatchScorer, type BatchOptions, type Candidate, type Outcome, type Pause } from './batch-scorer.ts';
import { beamSearch } from './beam.ts';
import { optionsOf } from './choice.ts';
import { Evaluator, type Scores } from './evaluator.ts';
import { generateAll, type Stopping } from './generate-batch.ts';
import { Generator } from './generate.ts';
import { sequencesOf } from './sequences.ts';
import { Tally, type ForwardTask, type Scored } from './tally.ts';

/** Examples to score, and the sequences that are run for that: the examples themselves, or the options of a choice. */
export interface ScoredSet {
  readonly examples: readonly Example[];
  readonly shape: BatchShape;
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
  /** Sub-networks that are best scored in one call: fewer do not fill the device. */
  readonly group: number;
  /** One outcome a candidate. `pause` is called between portions; it may wait, or throw to stop. */
  score(
    candidates: readonly Candidate[],
    pause?: Pause,
    onExamples?: (done: number) => void,
  ): Promise<Outcome[]>;
  dispose(): void;
}

/** One sub-network, whole. */
export async function scoreWhole(
  scorer: Pick<Scorer, 'score'>,
  limits: readonly number[],
  pause?: Pause,
  onExamples?: (done: number) => void,
): Promise<Scores> {
  const [outcome] = await scorer.score([{ limits }], pause, onExamples);
  return outcome!.scores;
}

/** Only generated answers need the tokenizer: they are read as text. `search`: several sub-networks will be scored. */
export function createScorer(
  model: Runnable,
  set: ScoredSet,
  rule: ScoringRule,
  tokenizer: TextTokenizer | null,
  search?: BatchOptions['search'],
): Promise<Scorer> {
  if (rule.task === 'generated') return generationScorer(model, set.examples, rule, tokenizer);
  return BatchScorer.create(model, scoredOf(set, rule.task), { search });
}

export function scoredOf({ examples, shape }: ScoredSet, task: ForwardTask): Scored {
  return { examples, task, sequences: sequencesOf(examples, task === 'choice', shape.loss) };
}

/** One sub-network after the other, every sequence at full length, all of it: what the others are compared with. */
export async function plainScorer(model: Runnable, set: ScoredSet, task: ForwardTask): Promise<Scorer> {
  const batches = [
    ...evaluationBatches(task === 'choice' ? optionsOf(set.examples) : set.examples, set.shape),
  ];
  const evaluator = await Evaluator.create(model, set.shape, batches.length);
  const scored = scoredOf(set, task);
  const scoreOne = async ({ limits }: Candidate, pause?: Pause): Promise<Outcome> => {
    const tally = new Tally(scored);
    const { losses, correct } = await evaluator.measure(batches, limits, pause);
    batches.forEach(({ exampleOfRow, indices }, slot) =>
      indices.forEach((sequence, b) => {
        const row = exampleOfRow.indexOf(b);
        if (row >= 0) tally.add(sequence, losses, correct, slot * set.shape.capacity + row);
      }),
    );
    tally.count([...set.examples.keys()]);
    return { scores: tally.best(), seen: tally.seen };
  };
  return {
    scratchBytes: evaluator.scratchBytes,
    group: 1,
    async score(candidates, pause) {
      const outcomes: Outcome[] = [];
      for (const candidate of candidates) outcomes.push(await scoreOne(candidate, pause));
      return outcomes;
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
  const count = examples.length;
  const scoreOne = async (
    limits: readonly number[],
    onStep: (done: number) => Promise<void>,
  ): Promise<Outcome> => {
    generator.limits = limits;
    const answers = await answer(generator, prompts, stopping, onStep);
    const right = answers.filter((ids, i) => isRight(examples[i]!.check!, tokenizer.decode(ids))).length;
    const tokens = answers.reduce((sum, ids) => sum + ids.length, 0);
    const scores = { accuracy: right / count, perplexity: Number.NaN, examples: count, tokens };
    return { scores, seen: count };
  };
  return {
    scratchBytes: generator.scratchBytes,
    group: 1,
    async score(candidates, pause, onExamples) {
      const outcomes: Outcome[] = [];
      for (const { limits } of candidates) {
        const before = outcomes.length * count;
        outcomes.push(
          await scoreOne(limits, async (done) => {
            onExamples?.(before + done);
            await pause?.();
          }),
        );
      }
      return outcomes;
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
