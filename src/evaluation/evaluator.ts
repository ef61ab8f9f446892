import type { Program, Store } from '../backends/backend.ts';
import { Pacer } from '../backends/pacer.ts';
import type { Batch, BatchShape } from '../datasets/batches.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { Graph } from '../graph/graph.ts';
import { crossEntropy, gatherRows, writeRows } from '../kernels/ops.ts';
import { Decoder, type DecoderOptions } from '../models/decoder.ts';
import { decoderOptions, repeatLimits, type Runnable } from '../models/runnable.ts';

const lossName = 'evaluation.losses';
const correctName = 'evaluation.correct';
const resultNames = [lossName, correctName];

export interface Scores {
  /** Share of examples that are right; by what measure is the task's to say (METHODS §12). */
  readonly accuracy: number;
  /** Of a choice: the same with each option's log-likelihood divided by its length in characters. */
  readonly normalised?: number;
  /** exp of the mean loss a predicted token; NaN where no tokens were predicted. */
  readonly perplexity: number;
  readonly examples: number;
  /** Predicted tokens. */
  readonly tokens: number;
}

/** Of each row of each batch, one batch after the other: its loss, and 1 where the target is the argmax. */
export interface RowResults {
  readonly losses: Float32Array;
  readonly correct: Float32Array;
}

/**
 * Runs sub-networks on batches of one shape, one after the other: the plain way, which `BatchScorer` is compared with.
 * One program, compiled once; results are read once a sub-network.
 */
export class Evaluator {
  readonly #model: Runnable;
  readonly #program: Program;
  readonly #shape: BatchShape;

  static async create(model: Runnable, shape: BatchShape, maxBatches: number): Promise<Evaluator> {
    const { backend, store } = model;
    removeResults(store);
    try {
      for (const name of resultNames)
        store.allocate(name, { dtype: 'f32', shape: [maxBatches, shape.capacity] });
      const options = decoderOptions(model, shape.batch, shape.length);
      await store.settled();
      const graph = evaluationGraph(model.config, options, shape, maxBatches);
      return new Evaluator(model, await backend.compile(graph, store), shape);
    } catch (error) {
      removeResults(store);
      throw error;
    }
  }

  private constructor(model: Runnable, program: Program, shape: BatchShape) {
    this.#model = model;
    this.#program = program;
    this.#shape = shape;
  }

  /** Working memory on the device, in bytes. */
  get scratchBytes(): number {
    return this.#program.scratchBytes;
  }

  /** Runs one sub-network. `pause` is called between portions; it may wait, or throw to stop. */
  async measure(
    batches: readonly Batch[],
    limits: readonly number[],
    pause: () => Promise<void> = () => Promise.resolve(),
    onBatches: (done: number) => void = () => {},
  ): Promise<RowResults> {
    const program = this.#program;
    if (limits.length > 0) program.write('limits', repeatLimits(limits, this.#shape.batch));
    let done = 0;
    const pacer = new Pacer(this.#model.backend, () => {
      onBatches(done);
      return pause();
    });
    for (const [index, { ids, rows, targets }] of batches.entries()) {
      program.write('ids', ids);
      program.write('rows', rows);
      program.write('targets', targets);
      program.write('slot', Int32Array.of(index));
      program.run();
      done = index + 1;
      await pacer.ran(program.work);
    }
    const { store } = this.#model;
    const [losses, correct] = await Promise.all(
      resultNames.map(async (name) => new Float32Array((await store.read(name)).buffer)),
    );
    return { losses: losses!, correct: correct! };
  }

  dispose(): void {
    this.#program.dispose();
    removeResults(this.#model.store);
  }
}

function removeResults(store: Store): void {
  for (const name of resultNames) store.remove(name);
}

/** Inputs: ids, rows, targets, slot, limits. Losses and hits of batch `slot` go to the stored results. */
export function evaluationGraph(
  config: ModelConfig,
  options: DecoderOptions,
  { batch, length, capacity }: BatchShape,
  maxBatches: number,
): Graph {
  const graph = new Graph();
  const decoder = new Decoder(graph, config, options);
  const hidden = decoder.blocks(decoder.embed(graph.input('ids', 'i32', [batch * length])));
  const [chosen] = graph.apply(gatherRows, [hidden, graph.input('rows', 'i32', [capacity])], {});
  const [losses, , correct] = graph.apply(
    crossEntropy,
    [decoder.head(chosen!), graph.input('targets', 'i32', [capacity])],
    {},
  );
  const slot = graph.input('slot', 'i32', [1]);
  for (const [name, value] of [
    [lossName, losses!],
    [correctName, correct!],
  ] as const) {
    graph.apply(writeRows, [graph.stored(name, 'f32', [maxBatches, capacity]), value, slot], {});
  }
  return graph;
}
