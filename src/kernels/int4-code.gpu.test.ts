import { describe, expect, it } from 'vitest';
import type { NoAttributes, Op } from '../graph/op.ts';
import { sizeOf } from '../graph/tensor.ts';
import code from '../../shaders/int4_code.wgsl?raw';
import { expectGpuEqualsCpu, Scene } from './compare.testing.ts';
import { flatIndex, threads, u32 } from './dispatch.ts';
import { int4Code } from './int4-code.ts';

const main = /* wgsl */ `
@group(0) @binding(0) var<uniform> count: u32;
@group(0) @binding(1) var<storage, read> v: array<f32>;
@group(0) @binding(2) var<storage, read> delta: array<f32>;
@group(0) @binding(3) var<storage, read> zero: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i < count) { y[i] = f32(int4_code(v[i], delta[i], zero[i])); }
}`;

/** The snippet alone, a code a thread; its division may be made worse. */
const codes = (snippet = code): Op<NoAttributes> => ({
  name: 'codes',
  infer: ([v]) => [{ dtype: 'f32', shape: v!.shape }],
  reference([v, delta, zero], [y]) {
    v!.data.forEach((value: number, i: number) => {
      y!.data[i] = int4Code(value, delta!.data[i]!, zero!.data[i]!);
    });
  },
  dispatches({ inputs, outputs: [y] }) {
    const count = sizeOf(y!.shape);
    return [
      {
        label: 'codes',
        code: [flatIndex, snippet, main],
        uniforms: [u32(count)],
        bindings: [...inputs, y!],
        workgroups: threads(count),
        work: count,
      },
    ];
  },
});

const count = 40_000;

/** The float32 number that is `steps` numbers further from zero. */
function moved(value: number, steps: number): number {
  const real = Float32Array.of(value);
  new Int32Array(real.buffer)[0]! += steps;
  return real[0]!;
}

async function expectSameCodes(
  pickDelta: (scene: Scene) => number,
  pickWeight: (scene: Scene, delta: number, index: number) => number,
  snippet = code,
): Promise<void> {
  const scene = new Scene(3);
  const deltas = Float32Array.from({ length: count }, () => pickDelta(scene));
  const v = scene.values('v', [count], (i) => pickWeight(scene, deltas[i]!, i));
  const delta = scene.values('delta', [count], (i) => deltas[i]!);
  const zero = scene.values('zero', [count], (i) => i % 16);
  scene.output(scene.graph.apply(codes(snippet), [v, delta, zero], {})[0]!);
  await expectGpuEqualsCpu(scene, 0);
}

const wideDelta = ({ random }: Scene) => 2 ** (random.normal() * 8) * (1 + Math.abs(random.normal()));

/** Around each half from 1/2 to 35/2, on both sides of zero: the nine numbers nearest to it. */
function besideHalf(delta: number, i: number): number {
  const half = (Math.floor(i / 18) % 18) + 0.5;
  return (i % 2 ? -1 : 1) * moved(Math.fround(delta * half), (Math.floor(i / 2) % 9) - 4);
}

describe('codes on the GPU are the host’s, every one', () => {
  it('at random weights', async () => {
    await expectSameCodes(wideDelta, ({ random }, delta) => random.normal() * 8 * delta);
  });

  it('beside every half', async () => {
    await expectSameCodes(wideDelta, (_, delta, i) => besideHalf(delta, i));
  });

  it.each([1 + 3e-7, 1 - 3e-7])(
    'beside every half, with a division that is off by a factor of %d',
    async (factor) => {
      const exact = 'abs(v) / delta';
      const snippet = code.replace(exact, `(${exact}) * ${factor}`);
      expect(snippet).not.toBe(code);
      await expectSameCodes(wideDelta, (_, delta, i) => besideHalf(delta, i), snippet);
    },
  );

  it('at exact halves of a grid of few digits', async () => {
    await expectSameCodes(
      ({ random }) => 2 ** Math.round(random.normal() * 4) * (64 + (random.uint32() % 64)),
      (_, delta, i) => delta * ((Math.floor(i / 16) % 40) / 2 - 10),
    );
  });
});
