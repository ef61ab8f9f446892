import type { OnnxGraph } from './graph.ts';
import { cast, scaled, widened } from './parts.ts';
import type { OnnxWeights } from './weights.ts';

/** Y = X·Wᵀ + b, and + s·(X·Aᵀ)·Bᵀ where the module has an adapter beside it. */
export function linear(graph: OnnxGraph, weights: OnnxWeights, module: string, x: string): string {
  graph.within(module);
  const y = biased(graph, weights, module, product(graph, weights, module, x));
  return adapted(graph, weights, module, x, y);
}

/** The head; where it is tied, X·Eᵀ with the embedding E [vocabulary, hidden], which is stored once. */
export function head(
  graph: OnnxGraph,
  weights: OnnxWeights,
  { head: module, embedding }: { head: string; embedding: string },
  tied: boolean,
  x: string,
): string {
  if (!tied) return linear(graph, weights, module, x);
  graph.within(module);
  const table = widened(graph, weights, `${embedding}.weight`);
  const columns = graph.apply('Transpose', [table], { attributes: { perm: [1, 0] } });
  return biased(graph, weights, module, graph.apply('MatMul', [x, columns]));
}

/**
 * Rows of a float table. It is widened as a whole, which runtimes do when they load it: picking from F16 would need a GPU
 * that computes in it.
 */
export function picked(graph: OnnxGraph, weights: OnnxWeights, table: string, index: string): string {
  return graph.apply('Gather', [widened(graph, weights, table), index]);
}

function product(graph: OnnxGraph, weights: OnnxWeights, module: string, x: string): string {
  const codes = weights.codes(module);
  if (!codes) {
    const tensor = weights.transposed(module);
    const stored = graph.stored(tensor);
    return graph.apply('MatMul', [x, tensor.type === 'f16' ? cast(graph, stored, 'f32') : stored]);
  }
  const { nbits, tensors } = weights.int4(codes);
  const [out, inputs] = codes.shape;
  return graph.apply('MatMulNBits', [x, ...tensors.map((tensor) => graph.stored(tensor))], {
    domain: 'com.microsoft',
    attributes: { K: inputs, N: out, bits: 4, block_size: nbits.block },
  });
}

function biased(graph: OnnxGraph, weights: OnnxWeights, module: string, y: string): string {
  const name = `${module}.bias`;
  return weights.has(name) ? graph.apply('Add', [y, widened(graph, weights, name)]) : y;
}

function adapted(graph: OnnxGraph, weights: OnnxWeights, module: string, x: string, y: string): string {
  const adapter = weights.adapter(module);
  if (!adapter) return y;
  const { a, b } = weights.low(adapter);
  const low = graph.apply('MatMul', [x, graph.stored(a)]);
  const difference = graph.apply('MatMul', [low, graph.stored(b)]);
  return graph.apply('Add', [y, scaled(graph, difference, adapter.scale)]);
}
