/** The small pieces of a decoder as ONNX operators; all of them compute in float32. */
import type { Activation, ModelConfig } from '../../formats/model-config.ts';
import type { OnnxGraph } from './graph.ts';
import type { OnnxWeights } from './weights.ts';

type Norm = Pick<ModelConfig, 'normEpsilon' | 'decoder'>;

/** The float tensor `name` in float32. */
export function widened(graph: OnnxGraph, weights: OnnxWeights, name: string): string {
  const tensor = weights.float(name);
  const stored = graph.stored(tensor);
  return tensor.type === 'f16' ? cast(graph, stored, 'f32') : stored;
}

/** Numbers of TensorProto.DataType. */
const castTypes = { f32: 1, bool: 9 } as const;

export const cast = (graph: OnnxGraph, x: string, to: keyof typeof castTypes): string =>
  graph.apply('Cast', [x], { attributes: { to: castTypes[to] } });

/** Over the last axis. */
export function norm(
  graph: OnnxGraph,
  weights: OnnxWeights,
  { decoder, normEpsilon }: Norm,
  name: string,
  x: string,
) {
  graph.within(name);
  const weight = widened(graph, weights, `${name}.weight`);
  if (decoder.norm === 'layer') {
    const bias = weights.has(`${name}.bias`) ? [widened(graph, weights, `${name}.bias`)] : [];
    const attributes = { axis: -1, epsilon: { float: normEpsilon } };
    return graph.apply('LayerNormalization', [x, weight, ...bias], { attributes });
  }
  return rmsNorm(graph, x, decoder.norm === 'rms-plus-one' ? plusOne(graph, weight) : weight, normEpsilon);
}

const plusOne = (graph: OnnxGraph, weight: string) => graph.apply('Add', [weight, graph.scalar(1)]);

/** x·w / √(mean(x²) + ε). */
export function rmsNorm(graph: OnnxGraph, x: string, weight: string, epsilon: number): string {
  const squares = graph.apply('Mul', [x, x]);
  const mean = graph.apply('ReduceMean', [squares], { attributes: { axes: [-1], keepdims: 1 } });
  const root = graph.apply('Sqrt', [graph.apply('Add', [mean, graph.scalar(epsilon)])]);
  return graph.apply('Mul', [graph.apply('Div', [x, root]), weight]);
}

type Unary = (graph: OnnxGraph, x: string) => string;

const activations: Readonly<Record<Activation, Unary>> = {
  relu: (graph, x) => graph.apply('Relu', [x]),
  silu: (graph, x) => graph.apply('Mul', [x, graph.apply('Sigmoid', [x])]),
  gelu: (graph, x) => gated(graph, x, graph.apply('Erf', [scaled(graph, x, Math.SQRT1_2)])),
  'gelu-tanh': (graph, x) => {
    const cube = graph.apply('Mul', [graph.apply('Mul', [x, x]), x]);
    const inner = graph.apply('Add', [x, scaled(graph, cube, 0.044715)]);
    return gated(graph, x, graph.apply('Tanh', [scaled(graph, inner, Math.sqrt(2 / Math.PI))]));
  },
};

export const activate = (graph: OnnxGraph, kind: Activation, x: string): string =>
  activations[kind](graph, x);

/** x/2 · (1 + gate). */
const gated = (graph: OnnxGraph, x: string, gate: string) =>
  graph.apply('Mul', [scaled(graph, x, 0.5), graph.apply('Add', [gate, graph.scalar(1)])]);

export const scaled = (graph: OnnxGraph, x: string, factor: number): string =>
  factor === 1 ? x : graph.apply('Mul', [x, graph.scalar(factor)]);

/** c·tanh(x / c). */
export const capped = (graph: OnnxGraph, x: string, cap: number | null): string =>
  cap === null ? x : scaled(graph, graph.apply('Tanh', [scaled(graph, x, 1 / cap)]), cap);
