import { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { gated, matmul } from '../kernels/ops.ts';
import { within } from './within.ts';
import type { Backend } from './backend.ts';

/** Milliseconds after which a device is not waited for any longer. */
const patience = 1000;
/** Times that each device runs the graph; the best one counts, since the machine does other things too. */
const rounds = 2;

/**
 * How many times faster the first device runs what models are made of: some linear modules and a gate. Infinite where
 * the second one takes more than a second, or cannot.
 */
export async function fasterBy(first: Backend, second: Backend): Promise<number> {
  const [a, b] = [await runTime(first), await runTime(second)];
  return b / a;
}

/** Milliseconds; the device's pipelines are compiled before. */
async function runTime(backend: Backend): Promise<number> {
  let isLate = false;
  const time = measured(backend, () => isLate).catch(() => Infinity);
  isLate = !(await within(time, patience));
  return isLate ? Infinity : time;
}

async function measured(backend: Backend, given: () => boolean): Promise<number> {
  const graph = feedForward();
  const store = backend.createStore();
  let best = Infinity;
  try {
    for (const tensor of graph.tensors) if (tensor.kind === 'stored') store.allocate(tensor.name, tensor);
    const program = await backend.compile(graph, store);
    for (let round = 0; round <= rounds && !given(); round++) {
      const began = performance.now();
      program.run();
      await program.read('y');
      // The first run may still compile.
      if (round > 0) best = Math.min(best, performance.now() - began);
    }
    program.dispose();
  } finally {
    store.dispose();
  }
  return best;
}

const [rows, width, inner, layers] = [128, 64, 192, 2];

/** Feed-forward layers of a very small model: nine million multiply–accumulates. */
function feedForward(): Graph {
  const graph = new Graph();
  const linear = (x: Tensor, name: string, shape: number[]) =>
    graph.apply(matmul, [x, graph.stored(name, 'f32', shape)], attributes)[0]!;
  let x = graph.stored('x', 'f32', [rows, width]);
  for (let layer = 0; layer < layers; layer++) {
    const [gate, up] = ['gate', 'up'].map((name) => linear(x, `${name}.${layer}`, [inner, width]));
    x = linear(graph.apply(gated, [gate!, up!], { kind: 'silu' })[0]!, `down.${layer}`, [width, inner]);
  }
  graph.output('y', x);
  return graph;
}

const attributes = {
  orientation: 'nt',
  scale: 1,
  innerLimit: null,
  outerLimit: null,
  rowsPerSequence: rows,
} as const;
