import { describe, expect, it } from 'vitest';
import { Graph } from './graph.ts';
import type { Op } from './op.ts';
import { bytesOf, matrixOf } from './tensor.ts';

const same: Op = {
  name: 'same',
  infer: ([x]) => [x!],
  reference: () => {},
  dispatches: () => [],
};
const smooth: Op = { ...same, name: 'smooth', vjp: ({ gradients }) => [gradients[0]!] };
const update: Op = { ...same, name: 'update', inPlace: [0] };

describe('Graph', () => {
  it('gives the same stored tensor for the same name, and refuses another shape or dtype', () => {
    const graph = new Graph();
    const w = graph.stored('w', 'f16', [2, 3]);
    expect(graph.stored('w', 'f16', [2, 3])).toBe(w);
    expect(() => graph.stored('w', 'f16', [3, 2])).toThrow('w is f16[2,3], asked for as f16[3,2]');
    expect(() => graph.stored('w', 'f32', [2, 3])).toThrow('w is f16[2,3]');
  });

  it('refuses two inputs, or an input and a stored tensor, of one name', () => {
    const graph = new Graph();
    graph.input('ids', 'i32', [4]);
    expect(() => graph.input('ids', 'i32', [4])).toThrow('a tensor named ids already');
    graph.stored('w', 'f32', [4]);
    expect(() => graph.input('w', 'f32', [4])).toThrow('a tensor named w already');
    expect(() => graph.stored('ids', 'i32', [4])).toThrow('ids is an input of the graph');
  });

  it('updates stored tensors only in place, and an update’s update is the same memory', () => {
    const graph = new Graph();
    const state = graph.stored('state', 'f32', [4]);
    const [once] = graph.apply(update, [state], {});
    const [twice] = graph.apply(update, [once!], {});
    expect([once!.alias, twice!.alias]).toEqual([state, state]);
    expect(() => graph.apply(update, [graph.input('x', 'f32', [4])], {})).toThrow(
      'update: only stored tensors',
    );
    expect(() => graph.apply(update, graph.apply(same, [state], {}), {})).toThrow(
      'update: only stored tensors',
    );
  });

  it('differentiability flows from trainable tensors through ops that have a derivative', () => {
    const graph = new Graph();
    const [frozen] = graph.apply(smooth, [graph.stored('w', 'f32', [4])], {});
    const trainable = graph.stored('a', 'f32', [4], true);
    const [through] = graph.apply(smooth, [trainable], {});
    const [blocked] = graph.apply(same, [trainable], {});
    expect([frozen, through, blocked].map((tensor) => tensor!.differentiable)).toEqual([false, true, false]);
  });
});

it('sizes: 16-bit tensors end on a whole word, a scalar is one row', () => {
  expect(bytesOf({ dtype: 'f16', shape: [3, 3] })).toBe(20);
  expect(bytesOf({ dtype: 'f32', shape: [] })).toBe(4);
  expect(matrixOf([2, 3, 5])).toEqual({ rows: 6, columns: 5 });
  expect(matrixOf([])).toEqual({ rows: 1, columns: 1 });
  expect(matrixOf([4, 0])).toEqual({ rows: 0, columns: 0 });
});
