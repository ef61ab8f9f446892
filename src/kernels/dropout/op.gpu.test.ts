import { describe, expect, it } from 'vitest';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { dropout } from './op.ts';

const zeros = (values: Iterable<number>) => Array.from(values, (value) => value === 0);

describe('dropout', () => {
  for (const { probability, stream, seed, step } of [
    { probability: 0.1, stream: 0, seed: 0, step: 0 },
    { probability: 0.5, stream: 13, seed: 0xffffffff, step: 123_456 },
    { probability: 0.9, stream: 1000, seed: 0x80000001, step: 0xffffffff },
  ]) {
    it(`p ${probability}: the same elements fall on the GPU as on the CPU, in both passes`, async () => {
      const scene = new Scene();
      const x = scene.values('x', [1001], (i) => i + 1, { trainable: true });
      const at = scene.integers('seed', [2], (i) => [seed, step][i]!, 'u32');
      const [y] = scene.graph.apply(dropout, [x, at], { probability, stream });
      scene.output(y!, ...scene.gradients(y!).values());
      const [forward, backward] = await expectGpuEqualsCpu(scene, 1);
      expect(zeros(backward!)).toEqual(zeros(forward!));
      // Equal zeros, exactly: a kept element is at least 1.
      expect(zeros(forward!).filter(Boolean).length).toBeGreaterThan(probability * 900);
    });
  }

  it('p 0 keeps every bit', async () => {
    const scene = new Scene();
    const x = scene.normal('x', [100]);
    scene.output(
      scene.graph.apply(dropout, [x, scene.integers('seed', [2], () => 5, 'u32')], {
        probability: 0,
        stream: 0,
      })[0]!,
    );
    const [y] = await expectGpuEqualsCpu(scene, 0);
    expect(y).toEqual(scene.stored.get('x'));
  });
});
