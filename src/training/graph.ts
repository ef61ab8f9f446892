import type { Tensor, TensorSpec } from '../graph/tensor.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { differentiate } from '../graph/gradient.ts';
import { Graph } from '../graph/graph.ts';
import {
  accumulate,
  adamw,
  add,
  clipScale,
  crossEntropy,
  dot,
  gatherRows,
  writeRows,
} from '../kernels/ops.ts';
import { adapterA, adapterB, type BaseForm, type ElasticPlan } from '../models/elastic.ts';
import { Decoder } from '../models/decoder.ts';
import { partName } from '../models/linear.ts';
import { partShape, type TrainingShape } from './parts.ts';

/** Steps whose losses the device keeps until they are read. */
export const ringSize = 64;
export const ringName = 'training.losses';
export const momentNames = (name: string) => [`${name}.moment1`, `${name}.moment2`] as const;

export interface TrainingGraphOptions extends TrainingShape, BaseForm {
  readonly plan: ElasticPlan;
  readonly specOf: (name: string) => TensorSpec;
  readonly ropePositions: number;
  readonly dropout: number;
  /** Global gradient norm. */
  readonly clip: number;
}

/**
 * One training step as a graph: forward, loss over the chosen positions, backward, clipping, AdamW. Inputs: ids
 * [sequences · length], rows and targets [rows], weights f32 [rows] (1/count, so that the loss is a mean), hyper
 * f32 [4] (see adamw), slot [1], and the decoder's limits and seed. Where the batch is split, forward and backward come
 * once for each part, with inputs of its own (`partName`).
 */
export function trainingGraph(config: ModelConfig, options: TrainingGraphOptions): Graph {
  const graph = new Graph();
  const trained = [...options.plan.adapters.keys()].flatMap((module) => [adapterA(module), adapterB(module)]);
  const { parts } = partShape(options);
  let parameters: Tensor[] = [];
  let gradients: Tensor[] = [];
  let total: Tensor | null = null;
  for (let part = 0; part < parts; part++) {
    const { losses, weights } = lossesOf(graph, config, options, part);
    const [loss] = graph.apply(dot, [losses, weights], {});
    total = total ? graph.apply(add, [total, loss!], {})[0]! : loss!;
    if (part === parts - 1) writeLoss(graph, total);
    parameters = trained.map((name) => graph.tensors.find((tensor) => tensor.name === name)!);
    gradients = differentiate(graph, losses, weights, parameters, accumulate, gradients);
  }
  update(graph, parameters, gradients, options.clip);
  return graph;
}

/** The forward pass of one part, and how much each of its rows weighs. */
function lossesOf(graph: Graph, config: ModelConfig, options: TrainingGraphOptions, part: number) {
  const { sequences, length, rows: count } = partShape(options);
  const input = (name: string, dtype: 'i32' | 'f32', size: number) =>
    graph.input(partName(name, part), dtype, [size]);
  const decoder = new Decoder(graph, config, { ...options, sequences, trainable: true, part });
  const ids = input('ids', 'i32', sequences * length);
  const rows = input('rows', 'i32', count);
  const targets = input('targets', 'i32', count);
  const weights = input('weights', 'f32', count);
  const hidden = decoder.blocks(decoder.embed(ids));
  const [chosen] = graph.apply(gatherRows, [hidden, rows], {});
  const [losses] = graph.apply(crossEntropy, [decoder.head(chosen!), targets], {});
  return { losses: losses!, weights };
}

function writeLoss(graph: Graph, loss: Tensor): void {
  const ring = graph.stored(ringName, 'f32', [ringSize, 1]);
  graph.apply(writeRows, [ring, loss, graph.input('slot', 'i32', [1])], {});
}

function update(
  graph: Graph,
  parameters: readonly Tensor[],
  gradients: readonly Tensor[],
  maximum: number,
): void {
  const hyper = graph.input('hyper', 'f32', [4]);
  const [scale] = graph.apply(clipScale, gradients, { maximum });
  parameters.forEach((parameter, index) => {
    const [first, second] = momentNames(parameter.name).map((name) =>
      graph.stored(name, 'f32', parameter.shape),
    );
    graph.apply(adamw, [parameter, first!, second!, gradients[index]!, scale!, hyper], {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
    });
  });
}
