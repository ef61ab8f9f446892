import { describe, expect, it } from 'vitest';
import { expectVariantsEqualCpu, Scene } from '../compare.testing.ts';
import { crossEntropy } from './op.ts';

describe('cross entropy', () => {
  for (const [rows, columns] of [
    [70, 11],
    [9, 12],
    [3, 257],
    [2, 1],
  ] as const) {
    it(`${rows}×${columns}, some rows without a target: forward and backward`, async () => {
      const scene = new Scene();
      const logits = scene.normal('logits', [rows, columns], { trainable: true });
      const targets = scene.integers('targets', [rows], (i) => (i % 3 === 1 ? -1 : (i * 5) % columns));
      const [loss, lse, correct] = scene.graph.apply(crossEntropy, [logits, targets], {});
      scene.output(loss!, lse!, correct!, ...scene.gradients(loss!).values());
      for (const [lossFound, , correctFound, gradient] of await expectVariantsEqualCpu(scene, columns)) {
        expect([lossFound![1], correctFound![1]]).toEqual([0, 0]);
        expect(gradient!.slice(columns, 2 * columns)).toEqual(new Float32Array(columns));
      }
    });
  }

  it('of equal logits the first is the answer', async () => {
    const scene = new Scene();
    const table = [1, 5, 5, 2, 1, 5, 5, 2, 0, 0, 0, 0, 0, 0, 0, 0];
    const targets = [1, 2, 0, 3];
    const logits = scene.values('logits', [4, 4], (i) => table[i]!);
    scene.output(
      ...scene.graph.apply(crossEntropy, [logits, scene.integers('targets', [4], (i) => targets[i]!)], {}),
    );
    for (const [, , correct] of await expectVariantsEqualCpu(scene, 4))
      expect([...correct!]).toEqual([1, 0, 1, 0]);
  });

  it('survives logits of ±1000', async () => {
    const scene = new Scene();
    const logits = scene.values('logits', [4, 5], () => 1000 * scene.random.normal(), { trainable: true });
    const [loss, lse] = scene.graph.apply(
      crossEntropy,
      [logits, scene.integers('targets', [4], (i) => i)],
      {},
    );
    scene.output(loss!, lse!, ...scene.gradients(loss!).values());
    await expectVariantsEqualCpu(scene, 5);
  });
});
