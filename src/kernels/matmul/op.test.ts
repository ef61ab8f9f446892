import { expect, it } from 'vitest';
import { Graph } from '../../graph/graph.ts';
import type { Node } from '../../graph/op.ts';
import { plainTraits } from '../../graph/traits.testing.ts';
import { mostWork } from '../work.ts';
import { matmulDispatches } from './dispatches.ts';
import { matmul, type MatmulAttributes, type Orientation } from './op.ts';
import { matmulVariants } from './variants.ts';

const spec = (...shape: number[]) => ({ dtype: 'f32', shape }) as const;
const attributes = (orientation: Orientation) => ({
  orientation,
  scale: 1,
  innerLimit: null,
  outerLimit: null,
  rowsPerSequence: 1,
});

it.each([
  ['nt', spec(2, 3, 4), spec(5, 4), [2, 3, 5]],
  ['nn', spec(6, 4), spec(4, 5), [6, 5]],
  ['tn', spec(6, 4), spec(6, 5), [4, 5]],
] as const)('shape of %s', (orientation, x, w, shape) => {
  expect(matmul.infer([x, w, null], attributes(orientation))[0]!.shape).toEqual(shape);
});

it('refuses inner sizes that differ, and an addend of another shape', () => {
  expect(() => matmul.infer([spec(6, 4), spec(4, 5)], attributes('nt'))).toThrow(
    'inner sizes differ, [6,4] and [4,5]',
  );
  expect(() => matmul.infer([spec(6, 4), spec(4, 5)], attributes('tn'))).toThrow('inner sizes differ');
  expect(() => matmul.infer([spec(6, 4), spec(5, 4), spec(5, 6)], attributes('nt'))).toThrow(
    'addend does not fit',
  );
  expect(() => matmul.infer([spec(2, 3, 4), spec(5, 4), spec(6, 5)], attributes('nt'))).not.toThrow();
});

it.each([
  ['nt', 512, 576, 576, 1],
  ['tn', 1536, 8192, 1536, 0],
  ['nt', 2048, 576, 49152, 0],
  ['nn', 2048, 49152, 576, 0],
  ['nt', 1, 4096, 128256, 3],
  ['nt', 37, 2 ** 20, 37, 0],
] as const)(
  '%s %i×%i×%i is cut where that is too much for one dispatch',
  (orientation, rows, inner, columns, parts) => {
    const graph = new Graph();
    const x = graph.input('x', 'f32', orientation === 'tn' ? [inner, rows] : [rows, inner]);
    const w = graph.input('w', 'f32', orientation === 'nt' ? [columns, inner] : [inner, columns]);
    graph.apply(matmul, [x, w, null], attributes(orientation));
    const work = rows * inner * columns;
    const node = graph.nodes[0] as unknown as Node<MatmulAttributes>;
    const traits = { ...plainTraits, subgroup: 4 };
    const { key, names } = matmulVariants(node, traits);
    for (const name of names) {
      const found = matmulDispatches(node, { ...traits, choices: new Map([[key, name]]) });
      if (parts) expect(found.length).toBe(parts);
      expect(found.length).toBeLessThan(1.5 * (work / mostWork) + 4);
      // A tile of 32 × 32 is not cut.
      expect(Math.max(...found.map((part) => part.work))).toBeLessThanOrEqual(
        Math.max(mostWork, 2 ** 10 * inner),
      );
      expect(new Set(found.map(({ code }) => code.join(''))).size).toBe(1);
      expect(found.reduce((sum, part) => sum + part.work, 0)).toBe(work);
    }
  },
);
