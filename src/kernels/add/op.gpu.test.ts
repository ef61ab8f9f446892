import { expect, it } from 'vitest';
import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { add } from './op.ts';

it.each([13, 12])('adds, %i columns', async (columns) => {
  const scene = new Scene();
  const [a, b] = [scene.normal('a', [5, columns]), scene.normal('b', [5, columns])];
  scene.output(scene.graph.apply(add, [a, b], {})[0]!);
  await expectGpuEqualsCpu(scene, 0);
});

it('reaches elements beyond 65,535 workgroups, which spill into y', async () => {
  const scene = new Scene();
  // Odd, so that a thread takes one element.
  const shape = [65_535 * 64 + 101];
  const a = scene.values('a', shape, (i) => i % 1000);
  const b = scene.values('b', shape, (i) => i % 7);
  scene.output(scene.graph.apply(add, [a, b], {})[0]!);
  const [found] = await scene.run(await gpuBackend());
  expect(found!.findIndex((value, i) => value !== (i % 1000) + (i % 7))).toBe(-1);
});
