import { describe, expect, it } from 'vitest';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { maskElements } from './op.ts';

describe('masked elements', () => {
  for (const [rows, columns] of [
    [1, 1],
    [3, 32],
    [5, 33],
    [9, 172],
  ] as const) {
    it(`${rows} × ${columns}, and their gradient`, async () => {
      const scene = new Scene();
      const x = scene.normal('x', [rows, columns], { trainable: true });
      const words = Math.ceil(columns / 32);
      const mask = scene.integers('mask', [rows, words], () => scene.random.uint32(), 'u32');
      const [y] = scene.graph.apply(maskElements, [x, mask], {});
      scene.output(y!, ...scene.gradients(y!).values());
      await expectGpuEqualsCpu(scene, 0);
    });
  }

  it('keeps what has its bit, in rows that start at whole words', async () => {
    const scene = new Scene();
    const x = scene.values('x', [2, 3], (i) => i + 1);
    const mask = scene.integers('mask', [2, 1], (i) => [0b101, 0b010][i]!, 'u32');
    scene.output(scene.graph.apply(maskElements, [x, mask], {})[0]!);
    const [found] = await expectGpuEqualsCpu(scene, 0);
    expect(found).toEqual(Float32Array.of(1, 0, 3, 0, 5, 0));
  });

  it('refuses a mask of another shape', () => {
    const x = { dtype: 'f32', shape: [2, 33] } as const;
    expect(() => maskElements.infer([x, { dtype: 'u32', shape: [2, 1] }], {})).toThrow('does not fit [2,33]');
    expect(() => maskElements.infer([x, { dtype: 'i32', shape: [2, 2] }], {})).toThrow('does not fit');
    expect(() =>
      maskElements.infer(
        [
          { ...x, dtype: 'f16' },
          { dtype: 'u32', shape: [2, 2] },
        ],
        {},
      ),
    ).toThrow('elements are f32');
  });
});
