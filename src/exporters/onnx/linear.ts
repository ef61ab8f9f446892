import type { FinishedAdapter } from '../exporter.ts';
import type { OnnxGraph } from './graph.ts';
import { cast, scaled, widened } from './parts.ts';
import type { OnnxWeights } from './weights.ts';

/** Y = X·Wᵀ + b, and + s·(X·Aᵀ)·Bᵀ where the module has an adapter beside it. `addend` is added last (a residual). */
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
  const y = biased(graph, weights, module, graph.apply('MatMul', [x, columns]));
  return adapted(graph, weights, module, x, y);
}

/** Rows of the embedding, and of s·B·A where an adapter stays beside it. */
export function embed(
  graph: OnnxGraph,
  weights: OnnxWeights,
  { embedding, adapter }: { embedding: string; adapter: FinishedAdapter | undefined },
  ids: string,
): string {
  graph.within(embedding);
  const rows = picked(graph, weights, `${embedding}.weight`, ids);
  if (!adapter) return rows;
  const { a, b } = weights.low(adapter);
  // The token's row of B chooses from A: both are stored transposed.
  const transposed = (name: string) => graph.apply('Transpose', [name], { attributes: { perm: [1, 0] } });
  const low = graph.apply('Gather', [transposed(graph.stored(b)), ids]);
  const difference = graph.apply('MatMul', [low, transposed(graph.stored(a))]);
  return graph.apply('Add', [rows, scaled(graph, difference, adapter.scale)]);
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
