import { expect, it } from 'vitest';
import { Graph } from '../../graph/graph.ts';
import { plainTraits } from '../../graph/traits.testing.ts';
import { mostWork } from '../work.ts';
import { sumRows } from './pick.ts';

const dispatchesOf = (t: number, c: number, size: number) => {
  const graph = new Graph();
  graph.apply(sumRows, [graph.input('x', 'f32', [t, c]), graph.input('ids', 'i32', [t])], { size });
  return sumRows.dispatches(graph.nodes[0] as never, plainTraits);
};
const workOf = (dispatches: ReturnType<typeof dispatchesOf>) =>
  dispatches.reduce((sum, { work }) => sum + work, 0);

it('the work of sums over equal ids is a pass over the table, over pairs of ids, and over the rows', () => {
  expect(workOf(dispatchesOf(2048, 32, 49_152))).toBe(49_152 * 32 + 2048 * 2048 + 2048 * 32);
});

it('many ids are chained in several dispatches', () => {
  const found = dispatchesOf(2 ** 16, 2, 9);
  expect(found.length).toBeGreaterThan(20);
  expect(Math.max(...found.map(({ work }) => work))).toBeLessThanOrEqual(mostWork);
});
