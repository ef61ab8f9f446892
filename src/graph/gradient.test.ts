import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { Scene } from '../kernels/compare.testing.ts';
import { accumulate, add, gated, matmul, rmsNorm } from '../kernels/ops.ts';
import { differentiate, type Accumulate } from './gradient.ts';
import type { Tensor } from './tensor.ts';

const plain = {
  orientation: 'nt',
  scale: 0.5,
  innerLimit: null,
  outerLimit: null,
  rowsPerSequence: 1,
} as const;

function linear({ graph }: Scene, x: Tensor, w: Tensor, addend: Tensor | null = null): Tensor {
  return graph.apply(matmul, [x, w, addend, null, null, null], plain)[0]!;
}

/** Sums as two passes, never folding one into a matmul. */
const plainly: Accumulate = (graph, existing, added) => graph.apply(add, [existing, added], {})[0]!;

const names = ({ graph }: Scene, from: number) => graph.nodes.slice(from).map(({ op }) => op.name);

describe('differentiate', () => {
  it('builds nothing for frozen branches', () => {
    const scene = new Scene();
    const x = scene.normal('x', [3, 4]);
    const gate = linear(scene, x, scene.normal('frozen', [5, 4]));
    const [normed] = scene.graph.apply(rmsNorm, [gate, scene.normal('norm', [5])], { epsilon: 1 });
    const up = linear(scene, normed!, scene.normal('w', [5, 5], { trainable: true }), gate);
    scene.gradients(up);
    // dW alone: no gradient of the addend, of the norm, nor of the frozen weight.
    expect(names(scene, 3)).toEqual(['matmul']);
  });

  it('builds nothing for what the output does not depend on', () => {
    const scene = new Scene();
    const w = scene.normal('w', [4, 4], { trainable: true });
    const y = linear(scene, scene.normal('x', [3, 4]), w);
    linear(scene, y, scene.normal('later', [4, 4]));
    scene.gradients(y);
    expect(names(scene, 2)).toEqual(['matmul']);
  });

  it('says which tensor has no path to the output', () => {
    const scene = new Scene();
    const w = scene.normal('w', [4, 4], { trainable: true });
    const unused = scene.normal('unused', [4], { trainable: true });
    const y = linear(scene, scene.normal('x', [3, 4]), w);
    expect(() => differentiate(scene.graph, y, y, [unused], accumulate)).toThrow(
      'unused has no path to matmul',
    );
  });

  it('refuses what has no derivative: a trainable bias, a masked trainable weight', () => {
    const scene = new Scene();
    const x = scene.normal('x', [3, 4]);
    const w = scene.normal('w', [4, 4], { trainable: true });
    const bias = scene.normal('bias', [4], { trainable: true });
    const mask = scene.integers('mask', [4, 1], () => 5, 'u32');
    const [biased] = scene.graph.apply(matmul, [x, x, null, bias, null, null], plain);
    const [masked] = scene.graph.apply(matmul, [x, w, null, null, null, mask], plain);
    expect(() => differentiate(scene.graph, biased!, biased!, [bias], accumulate)).toThrow(
      'biases are frozen',
    );
    expect(() => differentiate(scene.graph, masked!, masked!, [w], accumulate)).toThrow(
      'a masked weight is frozen',
    );
  });
});

/** Values used twice or more, so that gradients meet; each returns what is differentiated. */
const meetings: Record<string, (scene: Scene, x: Tensor) => Tensor> = {
  'two matmuls of one input': (scene, x) => {
    const [a, b] = ['a', 'b'].map((name) => linear(scene, x, scene.normal(name, [4, 4])));
    return scene.graph.apply(gated, [a!, b!], { kind: 'silu' })[0]!;
  },
  'a residual': (scene, x) =>
    linear(scene, linear(scene, x, scene.normal('w', [4, 4])), scene.normal('v', [4, 4]), x),
  'x + x, below a matmul': (scene, x) => {
    const [twice] = scene.graph.apply(add, [x, x], {});
    return linear(scene, twice!, scene.normal('w', [4, 4]));
  },
  'a sum of two that are used again, below a matmul': (scene, x) => {
    const [a, b] = ['a', 'b'].map((name) => linear(scene, x, scene.normal(name, [4, 4])));
    const [sum] = scene.graph.apply(add, [a!, b!], {});
    const through = linear(scene, sum!, scene.normal('w', [4, 4]));
    return scene.graph.apply(gated, [linear(scene, through, scene.normal('v', [4, 4]), a), b!], {
      kind: 'silu',
    })[0]!;
  },
};

describe('accumulate', () => {
  for (const [label, build] of Object.entries(meetings)) {
    it(`${label}: folding a sum into a matmul changes nothing`, async () => {
      const found = await Promise.all(
        [accumulate, plainly].map(async (sum) => {
          const scene = new Scene();
          const x = scene.normal('x', [3, 4], { trainable: true });
          const y = build(scene, x);
          scene.output(...differentiate(scene.graph, y, scene.normal('noise', y.shape), [x], sum));
          const [gradient] = await scene.run(new CpuBackend({ real: Float64Array }));
          return { gradient, passes: scene.graph.nodes.length };
        }),
      );
      expect(found[0]!.gradient).toEqual(found[1]!.gradient);
      expect(found[0]!.passes).toBeLessThanOrEqual(found[1]!.passes);
    });
  }

  it('saves the pass', () => {
    const scene = new Scene();
    const x = scene.normal('x', [3, 4], { trainable: true });
    scene.gradients(meetings['two matmuls of one input']!(scene, x));
    expect(names(scene, 3)).toEqual(['gated-backward', 'matmul', 'matmul']);
  });

  it('keeps an intermediate gradient that somebody wanted', async () => {
    const found = [accumulate, plainly].map((sum) => {
      const scene = new Scene();
      const x = scene.normal('x', [3, 4], { trainable: true });
      const [middle] = scene.graph.apply(add, [x, scene.normal('shift', [3, 4])], {});
      const y = linear(
        scene,
        linear(scene, middle!, scene.normal('w', [4, 4])),
        scene.normal('v', [4, 4]),
        x,
      );
      scene.output(...differentiate(scene.graph, y, scene.normal('noise', y.shape), [x, middle!], sum));
      return scene.run(new CpuBackend({ real: Float64Array }));
    });
    expect(await found[0]).toEqual(await found[1]);
  });
});
