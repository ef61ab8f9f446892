import { describe, it } from 'vitest';
import { expectVariantsEqualCpu, Scene } from '../compare.testing.ts';
import { layerNorm } from './op.ts';

describe('layer norm, forward and backward', () => {
  for (const { rows, columns, dtype, bias, epsilon } of [
    { rows: 3, columns: 7, dtype: 'f32', bias: 'f32', epsilon: 1e-5 },
    { rows: 130, columns: 64, dtype: 'f16', bias: 'f16', epsilon: 1e-5 },
    { rows: 3, columns: 300, dtype: 'f32', bias: 'bf16', epsilon: 1e-5 },
    { rows: 5, columns: 33, dtype: 'bf16', bias: 'bf16', epsilon: 0.1 },
    { rows: 2, columns: 9, dtype: 'f16', bias: 'f32', epsilon: 1e-5 },
    { rows: 2, columns: 9, dtype: 'f32', bias: null, epsilon: 1e-5 },
  ] as const) {
    it(`${rows}×${columns}, ${dtype} weights, ${bias ?? 'no'} bias, ε = ${epsilon}`, async () => {
      const scene = new Scene();
      // Far from zero, where the variance must not be a difference of large numbers.
      const x = scene.values('x', [rows, columns], () => 20 + scene.random.normal(), { trainable: true });
      const b = bias && scene.normal('b', [columns], { dtype: bias });
      const [y] = scene.graph.apply(layerNorm, [x, scene.normal('w', [columns], { dtype }), b], { epsilon });
      scene.output(y!, ...scene.gradients(y!).values());
      await expectVariantsEqualCpu(scene, columns);
    });
  }

  it('a row of one number throughout: ε alone is under the root', async () => {
    const scene = new Scene();
    const x = scene.values('x', [2, 9], (i) => (i < 9 ? 3 : i), { trainable: true });
    const operands = [x, scene.normal('w', [9]), scene.normal('b', [9])];
    const [y] = scene.graph.apply(layerNorm, operands, { epsilon: 1e-5 });
    scene.output(y!, ...scene.gradients(y!).values());
    await expectVariantsEqualCpu(scene, 9);
  });
});
