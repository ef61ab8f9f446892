import { describe, expect, it } from 'vitest';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { splitHeads } from './op.ts';

const [rows, heads, headDim] = [3, 4, 6];
const layouts = {
  'part after part': { headStride: headDim, partStride: heads * headDim },
  'head after head': { headStride: 3 * headDim, partStride: headDim },
};

describe('split heads', () => {
  for (const [label, strides] of Object.entries(layouts)) {
    it(`${label}: every element goes to its part, and gradients come back, zero where there is none`, async () => {
      const scene = new Scene();
      const x = scene.normal('x', [rows, 3 * heads * headDim], { trainable: true });
      const parts = scene.graph.apply(splitHeads, [x], { heads, headDim, ...strides });
      // The gradient comes through v alone.
      scene.output(...parts, scene.gradients(parts[2]!).get('x')!);
      const [q, k, v, dx] = await expectGpuEqualsCpu(scene, 0);
      const [input, noise] = ['x', 'noise'].map((name) => scene.stored.get(name)!);
      const at = (row: number, h: number, p: number, d: number) =>
        row * 3 * heads * headDim + h * strides.headStride + p * strides.partStride + d;
      const index = (2 * heads + 3) * headDim + 5;
      [q, k, v].forEach((part, p) => expect(part![index]).toBe(input![at(2, 3, p, 5)]));
      expect([0, 1, 2].map((p) => dx![at(2, 3, p, 5)])).toEqual([0, 0, noise![index]]);
    });
  }
});
