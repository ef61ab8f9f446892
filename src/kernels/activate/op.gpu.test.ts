import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { activations, erf, type Activation } from './activations.ts';
import { activate } from './op.ts';

const extremes = [0, -0, 100, -100, 1e19, -1e19, 1e30, -1e30];

describe('activate', () => {
  for (const kind of Object.keys(activations) as Activation[]) {
    it.each([11, 12])(`${kind}: forward and backward, %i columns`, async (columns) => {
      const scene = new Scene();
      const pick = (i: number) => 3 * scene.random.normal() + (i % 2);
      const x = scene.values('x', [13, columns], pick, { trainable: true });
      const [y] = scene.graph.apply(activate, [x], { kind });
      scene.output(y!, ...scene.gradients(y!).values());
      await expectGpuEqualsCpu(scene, 1);
    });

    it(`${kind}: far out it is 0 or x itself, with a slope of 0 or 1`, async () => {
      const scene = new Scene();
      const x = scene.values('x', [extremes.length], (i) => extremes[i]!, { trainable: true });
      const [y] = scene.graph.apply(activate, [x], { kind });
      const ones = scene.values('noise', y!.shape, () => 1);
      scene.output(y!, ...scene.gradients(y!, ones).values());
      const [values, slopes] = await scene.run(await gpuBackend());
      const at0 = kind === 'relu' ? 0 : 0.5;
      expect(Array.from(values!, Math.abs)).toEqual([0, 0, 100, 0, 1e19, 0, 1e30, 0].map(Math.fround));
      expect(Array.from(slopes!, Math.abs)).toEqual([at0, at0, 1, 0, 1, 0, 1, 0]);
    });
  }

  it('erf is good to 2e-7, absolute, in the kernel and to 1e-15 in the reference', async () => {
    // Of Abramowitz and Stegun, table 7.1, and from the definition's own symmetry.
    const known = [
      [0.5, 0.5204998778],
      [1, 0.8427007929],
      [1.5, 0.9661051465],
      [2, 0.995322265],
    ] as const;
    for (const [x, value] of known) expect(Math.abs(erf(x) - value)).toBeLessThan(1e-10);
    const scene = new Scene();
    const count = 4001;
    // y/x is Φ(x): half of 1 + erf(x/√2).
    const x = scene.values('x', [count], (i) => 0.0005 + (i - 2000) / 250);
    scene.output(scene.graph.apply(activate, [x], { kind: 'gelu' })[0]!);
    const [found] = await scene.run(await gpuBackend());
    const [expected] = await scene.run(new CpuBackend());
    const input = scene.stored.get('x')!;
    const worst = input.reduce(
      (most, at, i) => Math.max(most, Math.abs((2 * (found![i]! - expected![i]!)) / at)),
      0,
    );
    expect(worst).toBeLessThan(2e-7 + 2 ** -23);
  });
});
