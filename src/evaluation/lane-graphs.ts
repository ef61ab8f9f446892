/** The graphs that a lane runs: the blocks that sub-networks share, and the rest, up to losses. */
import type { ModelConfig } from '../formats/model-config.ts';
import { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { crossEntropy, gatherRows, writeRows } from '../kernels/ops.ts';
import { Decoder, type DecoderOptions, type Window } from '../models/decoder.ts';
import type { LaneShape } from './lanes.ts';

/** Hidden states after the shared blocks, a row a position. */
export interface SharedStates {
  readonly name: string;
  readonly rows: number;
  /** Blocks that came before. */
  readonly blocks: number;
}

/** Batches whose results are kept until they are read, and the predicted tokens of the largest. */
export interface ResultSpace {
  /** Names of the stored f32 [slots, rows]. */
  readonly losses: string;
  readonly hits: string;
  readonly slots: number;
  readonly rows: number;
}

/** Inputs: ids, limits, and `into` i32 [1], the row of the shared states that the batch's first position goes to. */
export function sharedGraph(config: ModelConfig, options: DecoderOptions, shared: SharedStates): Graph {
  const graph = new Graph();
  const decoder = new Decoder(graph, config, options);
  const ids = graph.input('ids', 'i32', [options.sequences * options.length]);
  const hidden = decoder.blocks(decoder.embed(ids), { to: shared.blocks });
  const states = graph.stored(shared.name, 'f32', [shared.rows, config.hiddenSize]);
  graph.apply(writeRows, [states, hidden, graph.input('into', 'i32', [1])], {});
  return graph;
}

/**
 * Inputs: ids, or `from` i32 [batch · length], the rows of the shared states; limits; `first` i32 [batch] and `seen` i32
 * [batch · window], the window of the last block; `rows` and `targets` i32 [rows], what is predicted, as rows of what the
 * window shows; slot i32 [1]. Losses and hits (1 where the target is the argmax) go to the stored results.
 */
export function scoringGraph(
  config: ModelConfig,
  options: DecoderOptions,
  shape: LaneShape,
  results: ResultSpace,
  shared: SharedStates | null,
): Graph {
  const { batch, length, rows } = shape;
  const graph = new Graph();
  const decoder = new Decoder(graph, config, options);
  const window = windowOf(graph, shape);
  const begun = shared
    ? gather(
        graph,
        graph.stored(shared.name, 'f32', [shared.rows, config.hiddenSize]),
        'from',
        batch * length,
      )
    : decoder.embed(graph.input('ids', 'i32', [batch * length]));
  const hidden = decoder.blocks(begun, { from: shared?.blocks ?? 0, window });
  const logits = decoder.head(gather(graph, hidden, 'rows', rows));
  const [losses, , hits] = graph.apply(crossEntropy, [logits, graph.input('targets', 'i32', [rows])], {});
  const slot = graph.input('slot', 'i32', [1]);
  for (const [name, value] of [
    [results.losses, losses!],
    [results.hits, hits!],
  ] as const)
    graph.apply(writeRows, [graph.stored(name, 'f32', [results.slots, results.rows]), value, slot], {});
  return graph;
}

const gather = (graph: Graph, x: Tensor, name: string, count: number): Tensor =>
  graph.apply(gatherRows, [x, graph.input(name, 'i32', [count])], {})[0]!;

/** Whether the last block runs for a window only; it would save nothing where nearly every position is predicted at. */
export const isWindowed = ({ window, length }: LaneShape): boolean => window <= 0.75 * length;

function windowOf(graph: Graph, shape: LaneShape): Window | null {
  if (!isWindowed(shape)) return null;
  const { batch, window: count } = shape;
  return {
    count,
    rows: graph.input('seen', 'i32', [batch * count]),
    first: graph.input('first', 'i32', [batch]),
  };
}
