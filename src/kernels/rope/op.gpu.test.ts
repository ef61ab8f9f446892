import { describe, expect, it } from 'vitest';
import { expectClose, expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { rope } from './op.ts';

const positions = 16;

/** As transformers makes them. */
function tables(scene: Scene, rotaryDim: number) {
  const half = rotaryDim / 2;
  const angle = (i: number) => Math.floor(i / half) * 100 ** (-(i % half) / half);
  return [
    scene.values('cos', [positions, half], (i) => Math.cos(angle(i))),
    scene.values('sin', [positions, half], (i) => Math.sin(angle(i))),
  ];
}

/** x of 2 sequences, 3 heads. */
function rotary(scene: Scene, headDim: number, start: number | null) {
  return [
    scene.normal('x', [10, 3 * headDim], { trainable: true }),
    ...tables(scene, headDim),
    start === null ? null : scene.integers('start', [1], () => start),
  ];
}

describe('rope', () => {
  for (const headDim of [2, 6, 16]) {
    for (const inverse of [false, true]) {
      for (const start of [null, 4]) {
        it(`head dim ${headDim}${inverse ? ', inverse' : ''}${start === null ? '' : `, from ${start}`}`, async () => {
          const scene = new Scene();
          const attributes = { headDim, rowsPerSequence: 5, inverse };
          const [y] = scene.graph.apply(rope, rotary(scene, headDim, start), attributes);
          scene.output(y!, ...scene.gradients(y!).values());
          await expectGpuEqualsCpu(scene, 1);
        });
      }
    }
  }

  for (const { inverse, rotaryDim } of [
    { inverse: false, rotaryDim: 6 },
    { inverse: true, rotaryDim: 6 },
    { inverse: false, rotaryDim: 8 },
  ]) {
    it(`${rotaryDim} of 16 dimensions${inverse ? ', inverse' : ''}, two sequences from positions of their own`, async () => {
      const scene = new Scene();
      const x = scene.normal('x', [10, 3 * 16], { trainable: true });
      // The first one's first rows are padding, the second one runs past the tables.
      const start = scene.integers('start', [2], (i) => [-2, positions - 2][i]!);
      const attributes = { headDim: 16, rotaryDim, rowsPerSequence: 5, inverse };
      const [y] = scene.graph.apply(rope, [x, ...tables(scene, rotaryDim), start], attributes);
      scene.output(y!, ...scene.gradients(y!).values());
      const [turned] = await expectGpuEqualsCpu(scene, 1);
      const beyond = (_: number, i: number) => i % 16 >= rotaryDim;
      expect(turned!.filter(beyond)).toEqual(scene.stored.get('x')!.filter(beyond));
    });
  }

  it('the inverse turns back', async () => {
    const scene = new Scene();
    const [x, ...rest] = rotary(scene, 6, 4);
    const attributes = { headDim: 6, rowsPerSequence: 5, inverse: false };
    const [turned] = scene.graph.apply(rope, [x!, ...rest], attributes);
    scene.output(turned!, scene.graph.apply(rope, [turned!, ...rest], { ...attributes, inverse: true })[0]!);
    const [there, back] = await expectGpuEqualsCpu(scene, 1);
    expectClose(back!, scene.stored.get('x')!, 1);
    expect(there).not.toEqual(back);
  });
});
