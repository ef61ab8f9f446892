import { describe, expect, it } from 'vitest';
import type { Tensor } from '../graph/tensor.ts';
import { adapterA, adapterB } from '../models/elastic.ts';
import { add } from './add/op.ts';
import { addPositions } from './add-positions/op.ts';
import { attention, type AttentionAttributes } from './attention/op.ts';
import { crossEntropy } from './cross-entropy/op.ts';
import { dropout } from './dropout/op.ts';
import { activate } from './activate/op.ts';
import { activations, type Activation } from './activate/activations.ts';
import { gated } from './gated/op.ts';
import { expectGradients, type Build } from './gradients.testing.ts';
import { adapted, sequences, tinyLlama, tinySizes } from './llama.testing.ts';
import { maskElements } from './mask-elements/op.ts';
import { layerNorm } from './layer-norm/op.ts';
import { matmul, type MatmulAttributes, type Orientation } from './matmul/op.ts';
import { rmsNorm } from './rms-norm/op.ts';
import { rope } from './rope/op.ts';
import { gatherRows } from './rows/op.ts';
import { pickRows, sumRows } from './rows/pick.ts';
import { scaled, softcap } from './scaled/op.ts';
import { splitHeads } from './split-heads/op.ts';

const free = { trainable: true };

const plain: MatmulAttributes = {
  orientation: 'nt',
  scale: 1,
  innerLimit: null,
  outerLimit: null,
  rowsPerSequence: 3,
};

function attend(
  heads: number,
  kvHeads: number,
  headDim: number,
  more: Pick<AttentionAttributes, 'window' | 'softcap'> = {},
): Build {
  return (scene) => {
    const [q, k, v] = [heads, kvHeads, kvHeads].map((n, i) =>
      scene.normal('qkv'[i]!, [8, n * headDim], free),
    );
    const shape = { heads, kvHeads, headDim, queriesPerSequence: 4, keysPerSequence: 4, scale: 0.6 };
    return scene.graph.apply(attention, [q!, k!, v!, null], { ...shape, ...more })[0]!;
  };
}

function turn(inverse: boolean, rotaryDim = 6): Build {
  return (scene) => {
    const tables = ['cos', 'sin'].map((name) => scene.normal(name, [6, rotaryDim / 2]));
    const start = scene.integers('start', [2], (i) => 2 - i);
    return scene.graph.apply(rope, [scene.normal('x', [6, 12], free), ...tables, start], {
      headDim: 6,
      rotaryDim,
      rowsPerSequence: 3,
      inverse,
    })[0]!;
  };
}

/** The product of some parts of a matrix of q, k and v, head after head. */
function split(parts: string): Build {
  return (scene) => {
    const attributes = { heads: 2, headDim: 3, headStride: 9, partStride: 3 };
    const made = scene.graph.apply(splitHeads, [scene.normal('x', [3, 18], free)], attributes);
    const wanted = made.filter((_, index) => parts.includes('qkv'[index]!));
    return wanted.reduce((product, part) => scene.graph.apply(gated, [product, part], { kind: 'silu' })[0]!);
  };
}

/** Two sequences of three rows, inner size 4 and 5 columns, cut differently. */
function multiply(orientation: Orientation, attributes: Partial<MatmulAttributes> = {}): Build {
  return (scene) => {
    const limits = scene.integers('limits', [2, 2], (i) => [2, 5, 3, 1][i]!);
    const x = scene.normal('x', [6, 4], free);
    const w = scene.normal('w', orientation === 'nt' ? [5, 4] : [4, 5], free);
    const operands = [x, w, scene.normal('addend', [6, 5], free), scene.normal('bias', [5]), limits, null];
    return scene.graph.apply(matmul, operands, { ...plain, orientation, ...attributes })[0]!;
  };
}

/** As `multiply`, by a frozen weight of INT4 codes: two groups an output row, the last one short. */
function multiplyInt4(orientation: Orientation): Build {
  return (scene) => {
    const limits = scene.integers('limits', [2, 2], (i) => [9, 6, 4, 12][i]!);
    const [inner, columns] = orientation === 'nt' ? [12, 5] : [5, 12];
    const { codes, grid } = scene.int4('w', orientation === 'nt' ? [columns, inner] : [inner, columns], 8);
    const x = scene.normal('x', [6, inner], free);
    const operands = [x, codes, scene.normal('addend', [6, columns], free), null, limits, null, grid];
    const attributes = { ...plain, orientation, innerLimit: 0, outerLimit: 1, scale: 0.4 };
    return scene.graph.apply(matmul, operands, attributes)[0]!;
  };
}

const ops: Record<string, Build> = {
  add: (scene) =>
    scene.graph.apply(add, [scene.normal('a', [2, 3], free), scene.normal('b', [2, 3], free)], {})[0]!,
  'attention, multi-head': attend(2, 2, 2),
  'attention, grouped-query': attend(4, 2, 6),
  'attention, multi-query': attend(3, 1, 2),
  'attention, capped scores in a window': attend(4, 2, 6, { window: 2, softcap: 1.3 }),
  'cross entropy': (scene) => {
    const targets = scene.integers('targets', [5], (i) => [3, -1, 0, 6, 3][i]!);
    return scene.graph.apply(crossEntropy, [scene.normal('logits', [5, 7], free), targets], {})[0]!;
  },
  dropout: (scene) => {
    const seed = scene.integers('seed', [2], (i) => 40 + i, 'u32');
    return scene.graph.apply(dropout, [scene.normal('x', [9, 5], free), seed], {
      probability: 0.3,
      stream: 2,
    })[0]!;
  },
  'gather rows': (scene) => {
    const rows = scene.integers('rows', [4], (i) => [5, -1, 0, 2][i]!);
    return scene.graph.apply(gatherRows, [scene.normal('x', [6, 3], free), rows], {})[0]!;
  },
  'mask elements': (scene) => {
    const mask = scene.integers('mask', [3, 2], () => scene.random.uint32(), 'u32');
    return scene.graph.apply(maskElements, [scene.normal('x', [3, 37], free), mask], {})[0]!;
  },
  'matmul nt of INT4 codes': multiplyInt4('nt'),
  'matmul nn of INT4 codes': multiplyInt4('nn'),
  'two INT4 modules of one input, whose gradients fold into one matmul': (scene) => {
    const x = scene.normal('x', [6, 12], free);
    const [left, right] = ['left', 'right'].map((name) => {
      const { codes, grid } = scene.int4(name, [5, 12], 8);
      return scene.graph.apply(matmul, [x, codes, null, null, null, null, grid], {
        ...plain,
        scale: 0.2,
      })[0]!;
    });
    return scene.graph.apply(gated, [left!, right!], { kind: 'silu' })[0]!;
  },
  'matmul of a trainable f16 weight': (scene) => {
    const w = scene.normal('w', [5, 4], { dtype: 'f16', trainable: true });
    const operands = [scene.normal('x', [6, 4], free), w, null, null, null, null];
    return scene.graph.apply(matmul, operands, { ...plain, scale: 0.7 })[0]!;
  },
  'matmul nt': multiply('nt', { scale: 0.7 }),
  'matmul nn': multiply('nn', { scale: 0.7 }),
  'matmul nt with limits': multiply('nt', { innerLimit: 0, outerLimit: 1, scale: -2 }),
  'matmul nn with limits': multiply('nn', { innerLimit: 0, outerLimit: 1, scale: -2 }),
  'pick rows': (scene) => {
    const ids = scene.integers('ids', [5], (i) => [5, 0, 5, 2, 5][i]!);
    return scene.graph.apply(pickRows, [scene.normal('x', [6, 3], free), ids], {})[0]!;
  },
  'sum rows': (scene) => {
    const ids = scene.integers('ids', [5], (i) => [3, 0, 3, 2, 3][i]!);
    return scene.graph.apply(sumRows, [scene.normal('x', [5, 3], free), ids], { size: 4 })[0]!;
  },
  'rms norm': (scene) => {
    const weight = scene.normal('w', [7], { dtype: 'f16' });
    return scene.graph.apply(rmsNorm, [scene.normal('x', [3, 7], free), weight], { epsilon: 0.01 })[0]!;
  },
  rope: turn(false),
  'rope, inverse': turn(true),
  'rope of some of a head’s dimensions': turn(false, 4),
  'rms norm by head, with an offset': (scene) => {
    const operands = [scene.normal('x', [3, 8], free), scene.normal('w', [4])];
    return scene.graph.apply(rmsNorm, operands, { epsilon: 0.01, offset: 1 })[0]!;
  },
  'layer norm': (scene) => {
    const [w, b] = ['w', 'b'].map((name) => scene.normal(name, [7], { dtype: 'f16' }));
    return scene.graph.apply(layerNorm, [scene.normal('x', [3, 7], free), w!, b!], { epsilon: 0.01 })[0]!;
  },
  'split heads, all parts': split('qkv'),
  'split heads, the first and the last part': split('qv'),
  'add positions': (scene) => {
    const operands = [scene.normal('x', [6, 4], free), scene.normal('table', [5, 4]), null];
    return scene.graph.apply(addPositions, operands, { rowsPerSequence: 3, offset: 1 })[0]!;
  },
  scaled: (scene) => scene.graph.apply(scaled, [scene.normal('x', [3, 5], free)], { factor: 1.7 })[0]!,
  softcap: (scene) => scene.graph.apply(softcap, [scene.normal('x', [3, 5], free)], { cap: 1.3 })[0]!,
};

for (const kind of Object.keys(activations) as Activation[]) {
  ops[kind] = (scene) => scene.graph.apply(activate, [scene.normal('x', [3, 5], free)], { kind })[0]!;
  ops[`gated ${kind}`] = (scene) => {
    const operands = ['gate', 'up'].map((name) => scene.normal(name, [3, 5], free));
    return scene.graph.apply(gated, operands, { kind })[0]!;
  };
}

/** An adapter of elastic rank, then a frozen, element-masked module with a residual, then a last trainable one. */
const chain: Build = (scene) => {
  const limits = scene.integers('limits', [2, 2], (i) => [2, 5, 3, 4][i]!);
  const mask = scene.integers('mask', [4, 1], () => scene.random.uint32(), 'u32');
  const x = scene.normal('x', [6, 4], free);
  const linear = (
    input: Tensor,
    w: Tensor,
    attributes: Partial<MatmulAttributes>,
    addend: Tensor | null = null,
    masked = false,
  ) =>
    scene.graph.apply(matmul, [input, w, addend, null, limits, masked ? mask : null], {
      ...plain,
      ...attributes,
    })[0]!;
  const low = linear(x, scene.normal('a', [3, 4], free), { outerLimit: 0 });
  const wide = linear(low, scene.normal('b', [5, 3], free), { innerLimit: 0, outerLimit: 1, scale: 0.5 });
  const back = linear(wide, scene.normal('frozen', [4, 5], { dtype: 'bf16' }), { innerLimit: 1 }, x, true);
  return linear(back, scene.normal('last', [4, 2], free), { orientation: 'nn' });
};

/** Whether every number in rows (or columns) `from` on of a matrix is exactly zero. */
function zeroFrom(values: Float32Array, columns: number, from: { row?: number; column?: number }): boolean {
  const beyond = (i: number) =>
    Math.floor(i / columns) >= (from.row ?? Infinity) || i % columns >= (from.column ?? Infinity);
  return values.every((value, i) => !beyond(i) || value === 0);
}

describe('gradients against central differences in double', () => {
  it.each(Object.entries(ops))('%s', async (_, build) => {
    await expectGradients(build);
  });

  it('a chain of matmuls with limits, a residual and an element mask', async () => {
    const gradients = await expectGradients(chain);
    expect([...gradients.keys()]).toEqual(['x', 'a', 'b', 'last']);
  });

  it('a Llama of two layers: adapters everywhere, a rank and a width a sequence, dropout, masks, biases', async () => {
    const gradients = await expectGradients((scene) => tinyLlama(scene));
    expect(gradients.size).toBe(2 * 2 * adapted.length);
    expect([...gradients.values()].every((gradient) => gradient.some((value) => value !== 0))).toBe(true);
  });
});

describe('beyond a sequence’s sub-network gradients are exactly zero', () => {
  it.each([0, 1])('sequence %i alone', async (sequence) => {
    const { active, rank, rows } = tinySizes;
    const onlyThis = (row: number) => (Math.floor((row * sequences) / rows) === sequence ? row + 1 : 0);
    const gradients = await expectGradients((scene) => tinyLlama(scene), onlyThis);
    for (let layer = 0; layer < 2; layer++) {
      for (const { module, group, columns, cut } of adapted) {
        const name = `model.layers.${layer}.${module}`;
        const limit = active(sequence, layer);
        const a = gradients.get(adapterA(name))!;
        const b = gradients.get(adapterB(name))!;
        expect(zeroFrom(a, columns, { row: limit[group] }), `${name} A beyond its rank`).toBe(true);
        expect(zeroFrom(b, rank, { column: limit[group] }), `${name} B beyond its rank`).toBe(true);
        if (cut === 'outputs')
          expect(zeroFrom(b, rank, { row: limit.width }), `${name} B beyond the width`).toBe(true);
        if (cut === 'inputs')
          expect(zeroFrom(a, columns, { column: limit.width }), `${name} A beyond the width`).toBe(true);
        expect(
          zeroFrom(a, columns, { row: limit[group] - 1 }),
          `${name}: the last active row has a gradient`,
        ).toBe(false);
      }
    }
  });
});
