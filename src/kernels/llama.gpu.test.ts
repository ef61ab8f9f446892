import { describe, it } from 'vitest';
import { expectGpuEqualsCpu, Scene } from './compare.testing.ts';
import { tinyLlama } from './llama.testing.ts';

describe('a Llama with everything elastic: losses and all gradients', () => {
  it.each(['f32', 'f16', 'bf16'] as const)('%s weights', async (dtype) => {
    const scene = new Scene(7);
    const losses = tinyLlama(scene, { dtype });
    scene.output(losses, ...scene.gradients(losses).values());
    await expectGpuEqualsCpu(scene, 12);
  });
});
