import type { TensorSpec } from '../graph/tensor.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { differentiate } from '../graph/gradient.ts';
import { Graph } from '../graph/graph.ts';
import { accumulate, adamw, clipScale, crossEntropy, dot, gatherRows, writeRows } from '../kernels/ops.ts';
import { adapterA, adapterB, type BaseForm, type ElasticPlan } from '../models/elastic.ts';
import { LlamaDecoder } from '../models/llama.ts';

/** Steps whose losses the device keeps until they are read. */
export const ringSize = 64;
export const ringName = 'training.losses';
export const momentNames = (name: string) => [`${name}.moment1`, `${name}.moment2`] as const;

export interface TrainingShape {
  readonly sequences: number;
  readonly length: number;
  /** Scored positions of a batch, at most. */
  readonly rows: number;
}

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
 * f32 [4] (see adamw), slot [1], and the decoder's limits and seed.
 */
export function trainingGraph(config: ModelConfig, options: TrainingGraphOptions): Graph {
  const { sequences, length, plan } = options;
  const graph = new Graph();
  const decoder = new LlamaDecoder(graph, config, { ...options, trainable: true });
  const ids = graph.input('ids', 'i32', [sequences * length]);
  const rows = graph.input('rows', 'i32', [options.rows]);
  const targets = graph.input('targets', 'i32', [options.rows]);
  const weights = graph.input('weights', 'f32', [options.rows]);
  const hidden = decoder.blocks(decoder.embed(ids));
  const [chosen] = graph.apply(gatherRows, [hidden, rows], {});
  const [losses] = graph.apply(crossEntropy, [decoder.head(chosen!), targets], {});
  const [loss] = graph.apply(dot, [losses!, weights], {});
  const ring = graph.stored(ringName, 'f32', [ringSize, 1]);
  graph.apply(writeRows, [ring, loss!, graph.input('slot', 'i32', [1])], {});

  const trained = [...plan.adapters.keys()].flatMap((module) => [adapterA(module), adapterB(module)]);
  const parameters = trained.map((name) => graph.tensors.find((tensor) => tensor.name === name)!);
  const gradients = differentiate(graph, losses!, weights, parameters, accumulate);
  const hyper = graph.input('hyper', 'f32', [4]);
  const [scale] = graph.apply(clipScale, gradients, { maximum: options.clip });
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
  return graph;
}
