import type { Backend, Store } from '../../backends/backend.ts';
import type { Pacer } from '../../backends/pacer.ts';
import type { ModelConfig } from '../../formats/model-config.ts';
import { Graph } from '../../graph/graph.ts';
import type { Tensor, TensorSpec } from '../../graph/tensor.ts';
import { readRows, writeRows } from '../../kernels/ops.ts';
import { denseBase, plainPlan, type BaseForm } from '../../models/elastic.ts';
import { Decoder, type DecoderOptions } from '../../models/decoder.ts';
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

/** A model, and what goes through it. */
export interface Calibration {
  readonly backend: Backend;
  readonly store: Store;
  readonly config: ModelConfig;
  readonly batches: readonly CalibrationBatch[];
  readonly pacer: Pacer;
  /** Called after each block. */
  readonly onBlock?: () => void;
}

/** Hidden states of several batches in one tensor. */
export interface HiddenPart {
  readonly name: string;
  readonly spec: TensorSpec;
  readonly batches: readonly CalibrationBatch[];
}

/** Hidden states of all batches may be larger than one binding; they are held in parts of this size at most. */
const mostPartBytes = 2 ** 26;

/** As many batches to a part as fit: every part costs a program a block. */
export function hiddenParts(
  batches: readonly CalibrationBatch[],
  hiddenSize: number,
  maxTensorBytes: number,
): HiddenPart[] {
  const rows = rowsOf(batches);
  const held = Math.max(1, Math.floor(Math.min(mostPartBytes, maxTensorBytes) / (rows * hiddenSize * 4)));
  return Array.from({ length: Math.ceil(batches.length / held) }, (_, index) => {
    const own = batches.slice(index * held, (index + 1) * held);
    const spec = { dtype: 'f32', shape: [rows * own.length, hiddenSize] } as const;
    return { name: scratchName(`hidden.${index}`), spec, batches: own };
  });
}

const rowsOf = ([first]: readonly CalibrationBatch[]) => first!.batch * first!.length;

/** What a walk keeps in the store until it is over. */
export const scratchName = (name: string) => `calibration.${name}`;

/**
 * Sees the input of every linear module of a block, after it has declared what else it needs of a batch: the inputs
 * `lengths` i32 [batch] or `real` i32 [batch · length, 1], which is 0 for padding and larger than any width elsewhere.
 */
export type Observer = (graph: Graph, shape: BatchShape) => NonNullable<DecoderOptions['onInput']>;

export type BatchShape = Pick<CalibrationBatch, 'batch' | 'length'>;

/** A program's hidden states, and where in them the batch of a run is. */
interface Place {
  readonly hidden: Tensor;
  /** First row. */
  readonly row: Tensor;
  readonly batch: Tensor;
}

/**
 * Takes the calibration sequences through the model block by block, hidden states staying on the device. What a
 * block's modules are given can be measured before the block is run for good.
 */
export class BlockWalk {
  readonly sequences: number;
  readonly #of: Calibration;
  readonly #parts: readonly HiddenPart[];
  readonly #batch: number;
  readonly #length: number;
  readonly #rows: number;

  constructor(calibration: Calibration) {
    const { backend, batches, config } = calibration;
    this.#of = calibration;
    this.#parts = hiddenParts(batches, config.hiddenSize, backend.facts.maxTensorBytes);
    this.#batch = batches[0]!.batch;
    this.#length = batches[0]!.length;
    this.#rows = rowsOf(batches);
    this.sequences = batches.reduce((sum, { lengths }) => sum + lengths.filter((n) => n > 0).length, 0);
  }

  async embed(): Promise<void> {
    const { store } = this.#of;
    for (const { name, spec } of this.#parts) store.allocate(name, spec);
    await store.settled();
    await this.#runAll((graph, { hidden, row }) => {
      const ids = graph.input('ids', 'i32', [this.#rows]);
      graph.apply(writeRows, [hidden, this.#decoder(graph, denseBase).embed(ids), row], {});
    });
  }

  /** Runs the block for what its linear modules are given; the hidden states stay as they are. */
  async observe(layer: number, base: BaseForm, observer: Observer): Promise<void> {
    await this.#runAll((graph, place) => {
      const onInput = observer(graph, { batch: this.#batch, length: this.#length });
      this.#decoder(graph, base, onInput).block(layer, this.#read(graph, place));
    });
  }

  /** Runs the block as it is by now: its output feeds the next one. */
  async advance(layer: number, base: BaseForm): Promise<void> {
    await this.#runAll((graph, place) => {
      const y = this.#decoder(graph, base).block(layer, this.#read(graph, place));
      graph.apply(writeRows, [place.hidden, y, place.row], {});
    });
  }

  /** Takes the hidden states and the measures out of the store. */
  dispose(): void {
    const { store } = this.#of;
    for (const name of store.names()) if (name.startsWith(scratchName(''))) store.remove(name);
  }

  #read(graph: Graph, { hidden, batch }: Place): Tensor {
    return graph.apply(readRows, [hidden, batch], { rows: this.#rows })[0]!;
  }

  #decoder(graph: Graph, base: BaseForm, onInput?: DecoderOptions['onInput']): Decoder {
    const { store, config } = this.#of;
    return new Decoder(graph, config, {
      sequences: this.#batch,
      length: this.#length,
      plan: plainPlan(config.layers),
      masked: base.masked,
      quantized: base.quantized,
      specOf: (name) => store.spec(name),
      ropePositions: ensureRope(store, config, this.#length),
      ...(onInput ? { onInput } : {}),
    });
  }

  /** One small program for each part of the hidden states, run once a batch. */
  async #runAll(build: (graph: Graph, place: Place) => void): Promise<void> {
    for (const part of this.#parts) {
      const graph = new Graph();
      const hidden = graph.stored(part.name, part.spec.dtype, part.spec.shape);
      build(graph, { hidden, row: graph.input('row', 'i32', [1]), batch: graph.input('batch', 'i32', [1]) });
      await this.#runPart(graph, part);
    }
  }

  async #runPart(graph: Graph, { batches }: HiddenPart): Promise<void> {
    const { backend, store, pacer } = this.#of;
    const wants = (name: string) =>
      graph.tensors.some((tensor) => tensor.kind === 'input' && tensor.name === name);
    const program = await backend.compile(graph, store);
    try {
      for (const [index, { ids, lengths }] of batches.entries()) {
        program.write('row', Int32Array.of(index * this.#rows));
        program.write('batch', Int32Array.of(index));
        if (wants('ids')) program.write('ids', ids);
        if (wants('lengths')) program.write('lengths', lengths);
        if (wants('real')) program.write('real', realRows(lengths, this.#length));
        program.run();
        await pacer.ran(program.work);
      }
    } finally {
      program.dispose();
    }
  }
}

/** `visit` sees every block before it is run for good, as the base that `visit` returns. */
export async function walkBlocks(
  calibration: Calibration,
  visit: (walk: BlockWalk, layer: number) => Promise<BaseForm>,
): Promise<void> {
  const { config, pacer, onBlock } = calibration;
  const walk = new BlockWalk(calibration);
  try {
    await walk.embed();
    for (let layer = 0; layer < config.layers; layer++) {
      await walk.advance(layer, await visit(walk, layer));
      await pacer.rest();
      onBlock?.();
    }
  } finally {
    walk.dispose();
  }
}

/** A limit for each row of a batch: none for real positions, 0 for padding. */
function realRows(lengths: Int32Array, length: number): Int32Array {
  return Int32Array.from({ length: lengths.length * length }, (_, row) =>
    row % length < lengths[Math.floor(row / length)]! ? 2 ** 31 - 1 : 0,
  );
}
