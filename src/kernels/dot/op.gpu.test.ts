import { it } from 'vitest';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { dot } from './op.ts';

it.each([1, 203])('dot of %i numbers', async (length) => {
  const scene = new Scene();
  scene.output(scene.graph.apply(dot, [scene.normal('a', [length]), scene.normal('b', [length])], {})[0]!);
  await expectGpuEqualsCpu(scene, length);
});
