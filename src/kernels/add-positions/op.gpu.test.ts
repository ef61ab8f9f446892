import { describe, it } from 'vitest';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { addPositions } from './op.ts';

describe('add positions', () => {
  for (const { label, dtype, offset, starts } of [
    { label: 'from 0', dtype: 'f32', offset: 0, starts: [] },
    { label: 'from 4 in all sequences, with an offset', dtype: 'f16', offset: 2, starts: [4] },
    { label: 'from before the table to beyond it', dtype: 'bf16', offset: 1, starts: [-3, 3, 9] },
  ] as const) {
    it(`${label}, ${dtype}`, async () => {
      const scene = new Scene();
      const x = scene.normal('x', [12, 5], { trainable: true });
      const table = scene.normal('table', [9, 5], { dtype });
      const start = starts.length ? scene.integers('start', [starts.length], (i) => starts[i]!) : null;
      const [y] = scene.graph.apply(addPositions, [x, table, start], { rowsPerSequence: 4, offset });
      scene.output(y!);
      await expectGpuEqualsCpu(scene, 0);
    });
  }
});
