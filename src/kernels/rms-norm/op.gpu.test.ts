import { describe, it } from 'vitest';
import { expectVariantsEqualCpu, Scene } from '../compare.testing.ts';
import { rmsNorm } from './op.ts';

describe('rms norm, forward and backward', () => {
  for (const { rows, columns, dtype, epsilon } of [
    { rows: 3, columns: 7, dtype: 'f32', epsilon: 1e-5 },
    { rows: 130, columns: 64, dtype: 'f16', epsilon: 1e-6 },
    { rows: 5, columns: 300, dtype: 'bf16', epsilon: 1e-6 },
    { rows: 1, columns: 33, dtype: 'bf16', epsilon: 0.1 },
  ] as const) {
    it(`${rows}×${columns}, ${dtype} weights, ε = ${epsilon}`, async () => {
      const scene = new Scene();
      const x = scene.normal('x', [rows, columns], { trainable: true });
      const [y] = scene.graph.apply(rmsNorm, [x, scene.normal('w', [columns], { dtype })], { epsilon });
      scene.output(y!, ...scene.gradients(y!).values());
      await expectVariantsEqualCpu(scene, columns);
    });
  }

  it('by head, w about zero with an offset of 1', async () => {
    const scene = new Scene();
    const x = scene.normal('x', [5, 3 * 6], { trainable: true });
    const w = scene.normal('w', [6], { dtype: 'bf16' });
    const [y] = scene.graph.apply(rmsNorm, [x, w], { epsilon: 1e-6, offset: 1 });
    scene.output(y!, ...scene.gradients(y!).values());
    await expectVariantsEqualCpu(scene, 6);
  });

  it('a row of zeros: ε alone is under the root', async () => {
    const scene = new Scene();
    const x = scene.values('x', [2, 9], (i) => (i < 9 ? 0 : i), { trainable: true });
    const [y] = scene.graph.apply(rmsNorm, [x, scene.normal('w', [9])], { epsilon: 1e-5 });
    scene.output(y!, ...scene.gradients(y!).values());
    await expectVariantsEqualCpu(scene, 9);
  });
});
