import { expect, it } from 'vitest';
import { evaluationGraph } from '../evaluation/evaluator.ts';
import type { Graph } from '../graph/graph.ts';
import { planMemory } from '../graph/plan.ts';
import { bytesOf } from '../graph/tensor.ts';
import { trainingGraph } from './graph.ts';
import { llama135M, MadeUp, stories260K } from './made-up.testing.ts';

const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);

/** Bytes of all buffers of a graph, the largest of them, and what it cannot do without. */
function memoryOf(graph: Graph) {
  const { slots, bound } = planMemory(graph);
  const kept = graph.tensors.filter(({ kind }) => kind !== 'computed').map(bytesOf);
  return { total: sum(kept) + sum(slots), bound: sum(kept) + bound, largest: Math.max(...kept, ...slots) };
}

function graphs(model: MadeUp, shape: { sequences: number; length: number }) {
  const specs = model.specs();
  const options = {
    ...model.options(shape),
    ropePositions: shape.length,
    specOf: (name: string) => specs.get(name)!,
  };
  const { sequences, length, rows } = options;
  return {
    training: trainingGraph(model.config, options),
    scoring: evaluationGraph(
      model.config,
      { ...options, dropout: 0 },
      { batch: sequences, length, capacity: rows, loss: 'all' },
      1,
    ),
  };
}

it('a training step of 135M parameters in bf16 fits into 2 GB, and no tensor into more than a plain device binds', () => {
  const { training, scoring } = graphs(new MadeUp(llama135M, 'bf16'), { sequences: 1, length: 128 });
  for (const graph of [training, scoring]) {
    expect(memoryOf(graph).total).toBeLessThan(2e9);
    expect(memoryOf(graph).largest).toBeLessThanOrEqual(2 ** 27);
  }
});

it('training takes little more memory than what lives at once', () => {
  for (const sizes of [stories260K, llama135M]) {
    const { total, bound } = memoryOf(graphs(new MadeUp(sizes), { sequences: 8, length: 128 }).training);
    expect(total / bound).toBeLessThan(1.05);
  }
});
