import { expect, it } from 'vitest';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { scaled, softcap } from './op.ts';

it.each([13, 12])('scales, forward and backward, %i columns', async (columns) => {
  const scene = new Scene();
  const x = scene.normal('x', [7, columns], { trainable: true });
  const [y] = scene.graph.apply(scaled, [x], { factor: 16 });
  scene.output(y!, ...scene.gradients(y!).values());
  await expectGpuEqualsCpu(scene, 0);
});

it.each([13, 12])('caps softly, forward and backward, up to ±cap far out, %i columns', async (columns) => {
  const scene = new Scene();
  const far = [1e4, -1e4, 1e30, -1e30];
  const pick = (i: number) => far[i] ?? 40 * scene.random.normal();
  const x = scene.values('x', [7, columns], pick, { trainable: true });
  const [y] = scene.graph.apply(softcap, [x], { cap: 30 });
  scene.output(y!, ...scene.gradients(y!).values());
  const [values, slopes] = await expectGpuEqualsCpu(scene, 1);
  expect(values!.slice(0, 4)).toEqual(Float32Array.of(30, -30, 30, -30));
  expect(Array.from(slopes!.slice(0, 4), Math.abs)).toEqual([0, 0, 0, 0]);
});
