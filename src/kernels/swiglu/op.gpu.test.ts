import { it } from 'vitest';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { swiglu } from './op.ts';

const extremes = [0, -0, 100, -100, 30, -30, 1e-20];

it('swiglu, forward and backward, from the flat tails to the bend', async () => {
  const scene = new Scene();
  const gate = scene.values('gate', [13, 11], (i) => extremes[i] ?? 3 * scene.random.normal(), {
    trainable: true,
  });
  const up = scene.normal('up', [13, 11], { trainable: true });
  const [y] = scene.graph.apply(swiglu, [gate, up], {});
  scene.output(y!, ...scene.gradients(y!).values());
  await expectGpuEqualsCpu(scene, 1);
});
