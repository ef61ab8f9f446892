import type { Program } from '../../backends/backend.ts';
import { Graph } from '../../graph/graph.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Calibration } from '../pruning/block-walk.ts';

export type Device = Pick<Calibration, 'backend' | 'store' | 'pacer'>;

/** Compiles what `build` writes on tensors of the store, and frees it when `runs` is through. */
export async function withProgram(
  { backend, store }: Device,
  build: (graph: Graph, stored: (name: string) => Tensor) => void,
  runs: (program: Program) => Promise<void>,
): Promise<void> {
  const graph = new Graph();
  build(graph, (name) => graph.stored(name, store.spec(name).dtype, store.spec(name).shape));
  const program = await backend.compile(graph, store);
  try {
    await runs(program);
  } finally {
    program.dispose();
  }
}
