import { describe, it } from 'vitest';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { embedding } from './op.ts';

describe('embedding', () => {
  for (const dtype of ['f32', 'f16', 'bf16'] as const) {
    it(`${dtype}, rows of odd length; ids outside the vocabulary take its nearest end`, async () => {
      const scene = new Scene();
      const ids = [10, 0, 3, 3, 9, -1, 11];
      const table = scene.normal('table', [11, 5], { dtype });
      scene.output(scene.graph.apply(embedding, [table, scene.integers('ids', [7], (i) => ids[i]!)], {})[0]!);
      await expectGpuEqualsCpu(scene, 0);
    });
  }
});
