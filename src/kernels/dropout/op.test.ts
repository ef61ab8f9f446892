import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { Scene } from '../compare.testing.ts';
import { dropout, dropoutBits } from './op.ts';

const count = 20_000;

function kept(probability: number, { stream = 0, seed = 1, step = 1 }): boolean[] {
  const threshold = probability * 2 ** 32;
  return Array.from({ length: count }, (_, i) => dropoutBits(i, stream, seed, step) >= threshold);
}

const share = (flags: readonly boolean[]) => flags.filter(Boolean).length / flags.length;
/** Four standard deviations of a share of `count` draws. */
const slack = (p: number) => 4 * Math.sqrt((p * (1 - p)) / count);

describe('dropout bits', () => {
  it.each([0.05, 0.1, 0.5, 0.9])('p %f falls with that rate, neighbours independently', (p) => {
    for (const stream of [0, 1, 77]) {
      const flags = kept(p, { stream });
      expect(Math.abs(share(flags) - (1 - p))).toBeLessThan(slack(p));
      for (const lag of [1, 2, 64, 512]) {
        const both = flags.slice(lag).map((flag, i) => flag && flags[i]!);
        expect(Math.abs(share(both) - (1 - p) ** 2)).toBeLessThan(slack((1 - p) ** 2) * 1.5);
      }
    }
  });

  it.each([
    ['step', { step: 2 }],
    ['seed', { seed: 2 }],
    ['stream', { stream: 1 }],
    ['stream and step', { stream: 1, step: 2 }],
  ])('another %s draws anew', (_, other) => {
    const p = 0.3;
    const [a, b] = [kept(p, {}), kept(p, other)];
    const agree = p * p + (1 - p) ** 2;
    expect(Math.abs(share(a.map((flag, i) => flag === b[i])) - agree)).toBeLessThan(slack(agree));
  });
});

it('what is kept grows by 1 / (1 − p), so the mean stays', async () => {
  const scene = new Scene();
  const x = scene.values('x', [count], () => 3);
  const seed = scene.integers('seed', [2], () => 7, 'u32');
  scene.output(scene.graph.apply(dropout, [x, seed], { probability: 0.25, stream: 4 })[0]!);
  const [y] = await scene.run(new CpuBackend());
  expect(new Set(y)).toEqual(new Set([0, 4]));
  expect([...y!].reduce((sum, value) => sum + value, 0) / count).toBeCloseTo(3, 1);
});
