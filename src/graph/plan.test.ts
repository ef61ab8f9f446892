import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Graph } from './graph.ts';
import type { Op } from './op.ts';
import { planMemory } from './plan.ts';
import { bytesOf, type Tensor } from './tensor.ts';

const make: Op<{ sizes: readonly number[] }> = {
  name: 'make',
  infer: (_, { sizes }) => sizes.map((size) => ({ dtype: 'f32', shape: [size] })),
  reference: () => {},
  dispatches: () => [],
};
const update: Op = {
  name: 'update',
  inPlace: [0],
  infer: ([x]) => [x!],
  reference: () => {},
  dispatches: () => [],
};

interface Step {
  /** Picks among the tensors so far, modulo their number. */
  reads: number[];
  sizes: number[];
  kept: boolean;
  updates: boolean;
}

const step = fc.record<Step>({
  reads: fc.array(fc.nat(1000), { maxLength: 4 }),
  sizes: fc.array(fc.nat(40), { minLength: 1, maxLength: 3 }),
  kept: fc.boolean(),
  updates: fc.boolean(),
});

function build(steps: readonly Step[]): Graph {
  const graph = new Graph();
  const state = graph.stored('state', 'f32', [5]);
  graph.input('x', 'f32', [7]);
  steps.forEach(({ reads, sizes, kept, updates }, index) => {
    const inputs = reads.map((read) => graph.tensors[read % graph.tensors.length]!);
    const outputs = updates
      ? graph.apply(update, [state, ...inputs], {})
      : graph.apply(make, inputs, { sizes });
    if (kept) graph.output(`output ${index}`, outputs[0]!);
  });
  return graph;
}

/** From the step that writes a tensor to the last that touches it; forever for outputs. */
function life(graph: Graph, tensor: Tensor): [first: number, last: number] {
  const touching = graph.nodes.flatMap(({ inputs, outputs }, at) =>
    inputs.includes(tensor) || outputs.includes(tensor) ? [at] : [],
  );
  const kept = [...graph.outputs.values()].includes(tensor);
  return [touching[0]!, kept ? Infinity : touching.at(-1)!];
}

describe('planMemory', () => {
  it('gives no slot to two tensors that live at the same time, and slots are large enough', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const graph = build(steps);
        const { slots, slotOf, bound } = planMemory(graph);
        const computed = graph.tensors.filter(({ kind, alias }) => kind === 'computed' && !alias);
        expect(new Set(slotOf.keys())).toEqual(new Set(computed));
        for (const a of computed) {
          expect(slots[slotOf.get(a)!]).toBeGreaterThanOrEqual(bytesOf(a));
          for (const b of computed) {
            if (a === b || slotOf.get(a) !== slotOf.get(b)) continue;
            const [[firstA, lastA], [firstB, lastB]] = [life(graph, a), life(graph, b)];
            expect(lastA < firstB || lastB < firstA, `${a.id} and ${b.id}`).toBe(true);
          }
        }
        const liveAt = (at: number) =>
          computed.reduce((sum, tensor) => {
            const [first, last] = life(graph, tensor);
            return first <= at && at <= last ? sum + bytesOf(tensor) : sum;
          }, 0);
        expect(bound).toBe(Math.max(0, ...graph.nodes.map((_, at) => liveAt(at))));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('a chain needs two slots, however long', () => {
    const graph = new Graph();
    let x = graph.input('x', 'f32', [8]);
    for (let i = 0; i < 20; i++) x = graph.apply(make, [x], { sizes: [8] })[0]!;
    graph.output('y', x);
    expect(planMemory(graph).slots).toEqual([32, 32]);
  });

  it('takes the smallest slot that is free, and what comes early leaves the large ones to what comes late', () => {
    const graph = new Graph();
    const [small, large] = graph.apply(make, [], { sizes: [2, 10] });
    graph.apply(make, [small!, large!], { sizes: [1] });
    const [fits] = graph.apply(make, [], { sizes: [2] });
    const [late] = graph.apply(make, [fits!], { sizes: [20] });
    const { slots, slotOf } = planMemory(graph);
    expect(slots).toEqual([80, 8, 4]);
    expect([small, large, fits, late].map((tensor) => slotOf.get(tensor!))).toEqual([1, 0, 1, 0]);
  });

  it('what is kept for long does not sit in a slot that larger tensors need', () => {
    const graph = new Graph();
    const kept: Tensor[] = [];
    for (let part = 0; part < 4; part++) {
      const [large] = graph.apply(make, kept, { sizes: [100] });
      kept.push(graph.apply(make, [large!], { sizes: [1] })[0]!);
    }
    graph.apply(make, kept, { sizes: [1] });
    expect(planMemory(graph).slots.filter((bytes) => bytes === 400)).toHaveLength(1);
  });
});
