import { describe, it } from 'vitest';
import { activations, type Activation } from '../activate/activations.ts';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { gated } from './op.ts';

const extremes = [0, -0, 100, -100, 30, -30, 1e-20];

describe('gated, forward and backward, from the flat tails to the bend', () => {
  for (const kind of Object.keys(activations) as Activation[])
    it.each([11, 12])(`${kind}, %i columns`, async (columns) => {
      const scene = new Scene();
      const pick = (i: number) => extremes[i] ?? 3 * scene.random.normal();
      const gate = scene.values('gate', [13, columns], pick, { trainable: true });
      const up = scene.normal('up', [13, columns], { trainable: true });
      const [y] = scene.graph.apply(gated, [gate, up], { kind });
      scene.output(y!, ...scene.gradients(y!).values());
      await expectGpuEqualsCpu(scene, 1);
    });
});
