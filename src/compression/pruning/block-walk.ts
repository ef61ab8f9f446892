import type { Backend, Store } from '../../backends/backend.ts';
import type { ModelConfig } from '../../formats/model-config.ts';
import { Graph } from '../../graph/graph.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { columnSquares, readRows, writeRows } from '../../kernels/ops.ts';
import { plainPlan } from '../../models/elastic.ts';
import { LlamaDecoder, type DecoderOptions } from '../../models/llama.ts';
import { ensureRope } from '../../models/weights.ts';

/** Padded calibration sequences; all batches have the same shape. */
export interface CalibrationBatch {
  readonly batch: number;
  readonly length: number;
  /** [batch · length] */
  readonly ids: Int32Array;
  /** [batch]: real positions, 0 for an empty row. */
  readonly lengths: Int32Array;
}

const hiddenName = 'wanda.hidden';
export const squaresName = (module: string) => `wanda.${module}`;

/**
 * Takes the calibration sequences through the model block by block, hidden states staying on the device. What a
 * block's modules are given can be measured before the block is run for good.
 */
export class BlockWalk {
  readonly sequences: number;
  readonly #backend: Backend;
  readonly #store: Store;
  readonly #config: ModelConfig;
  readonly #batches: readonly CalibrationBatch[];
  readonly #rows: number;

  constructor(backend: Backend, store: Store, config: ModelConfig, batches: readonly CalibrationBatch[]) {
    this.#backend = backend;
    this.#store = store;
    this.#config = config;
    this.#batches = batches;
    this.#rows = batches[0]!.batch * batches[0]!.length;
    this.sequences = batches.reduce((sum, { lengths }) => sum + lengths.filter((n) => n > 0).length, 0);
  }

  async embed(): Promise<void> {
    this.#store.allocate(hiddenName, {
      dtype: 'f32',
      shape: [this.#rows * this.#batches.length, this.#config.hiddenSize],
    });
    await this.#runAll((graph, hidden, row) => {
      const ids = graph.input('ids', 'i32', [this.#rows]);
      graph.apply(writeRows, [hidden, this.#decoder(graph).embed(ids), row], {});
    });
  }

  /** Leaves Σ x² of each linear module's input columns in the store, under `squaresName`. Returns the modules. */
  async measure(layer: number): Promise<string[]> {
    const modules: string[] = [];
    await this.#runAll((graph, hidden, _row, batch) => {
      const lengths = graph.input('lengths', 'i32', [this.#batches[0]!.batch]);
      const onInput = (module: string, input: Tensor) => {
        const name = squaresName(module);
        const shape = [input.shape.at(-1)!];
        this.#store.allocate(name, { dtype: 'f32', shape });
        graph.apply(columnSquares, [graph.stored(name, 'f32', shape), input, lengths], {
          rowsPerSequence: this.#batches[0]!.length,
        });
        modules.push(module);
      };
      this.#decoder(graph, new Set(), onInput).block(layer, this.#hidden(graph, hidden, batch));
    });
    return modules;
  }

  /** Runs the block with the masks that it has by now: its output feeds the next one. */
  async advance(layer: number, masked: ReadonlySet<string>): Promise<void> {
    await this.#runAll((graph, hidden, row, batch) => {
      const y = this.#decoder(graph, masked).block(layer, this.#hidden(graph, hidden, batch));
      graph.apply(writeRows, [hidden, y, row], {});
    });
  }

  /** Takes the hidden states and the measures out of the store. */
  dispose(): void {
    for (const name of this.#store.names()) if (name.startsWith('wanda.')) this.#store.remove(name);
  }

  #hidden(graph: Graph, hidden: Tensor, batch: Tensor): Tensor {
    return graph.apply(readRows, [hidden, batch], { rows: this.#rows })[0]!;
  }

  #decoder(
    graph: Graph,
    masked: ReadonlySet<string> = new Set(),
    onInput?: DecoderOptions['onInput'],
  ): LlamaDecoder {
    const { batch, length } = this.#batches[0]!;
    return new LlamaDecoder(graph, this.#config, {
      sequences: batch,
      length,
      plan: plainPlan(this.#config.layers),
      masked,
      specOf: (name) => this.#store.spec(name),
      ropePositions: ensureRope(this.#store, this.#config, length),
      ...(onInput ? { onInput } : {}),
    });
  }

  /** One small program, run once a batch. */
  async #runAll(build: (graph: Graph, hidden: Tensor, row: Tensor, batch: Tensor) => void): Promise<void> {
    const graph = new Graph();
    const hidden = graph.stored(hiddenName, 'f32', this.#store.spec(hiddenName).shape);
    build(graph, hidden, graph.input('row', 'i32', [1]), graph.input('batch', 'i32', [1]));
    const program = await this.#backend.compile(graph, this.#store);
    const wants = (name: string) =>
      graph.tensors.some((tensor) => tensor.kind === 'input' && tensor.name === name);
    this.#batches.forEach(({ ids, lengths }, index) => {
      program.write('row', Int32Array.of(index * this.#rows));
      program.write('batch', Int32Array.of(index));
      if (wants('ids')) program.write('ids', ids);
      if (wants('lengths')) program.write('lengths', lengths);
      program.run();
    });
    program.dispose();
  }
}
