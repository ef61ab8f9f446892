import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../graph/op.ts';
import { expectGradients, type Build } from '../gradients.testing.ts';
import { matmul } from '../matmul/op.ts';
import { mergeWeight, type MergeWeightAttributes } from './op.ts';

const [rows, columns, rank] = [5, 37, 3];
const free = { trainable: true };

interface Variant {
  readonly masked?: boolean;
  readonly active?: number;
  readonly scale?: number;
}

/** A linear module of a merged weight; the limits' second row is another sub-network, which must not count. */
const module =
  ({ masked = false, active, scale = 0.7 }: Variant): Build =>
  (scene) => {
    const limits = scene.integers('limits', [2, 2], (i) => [9, active ?? 0, 9, 1][i]!);
    const words = [rows, Math.ceil(columns / 32)];
    const inputs = [
      scene.normal('w', [rows, columns], { dtype: 'f16' }),
      masked ? scene.integers('mask', words, () => scene.random.uint32(), 'u32') : null,
      scene.normal('a', [rank, columns], free),
      scene.normal('b', [rows, rank], free),
      limits,
      null,
    ];
    const group = active === undefined ? null : 1;
    const merged = scene.graph.apply(mergeWeight, inputs, { scale, group, dtype: 'f32' })[0]!;
    const x = scene.normal('x', [6, columns], free);
    return scene.graph.apply(matmul, [x, merged, null, scene.normal('bias', [rows]), null, null], {
      orientation: 'nt',
      scale: 1,
      innerLimit: null,
      outerLimit: null,
      rowsPerSequence: 3,
    })[0]!;
  };

describe('gradients of a merged weight, against central differences in double', () => {
  it.each<{ label: string } & Variant>([
    { label: 'no mask' },
    { label: 'masked', masked: true },
    { label: 'masked, a part of the rank', masked: true, active: 2 },
    { label: 'a part of the rank, negative scale', active: 1, scale: -2 },
    { label: 'no rank at all', masked: true, active: 0 },
  ])('$label', async (variant) => {
    const gradients = await expectGradients(module(variant));
    expect([...gradients.keys()]).toEqual(['a', 'b', 'x']);
    const active = variant.active ?? rank;
    const beyond = {
      a: gradients.get('a')!.filter((_, i) => Math.floor(i / columns) >= active),
      b: gradients.get('b')!.filter((_, i) => i % rank >= active),
    };
    expect([...beyond.a, ...beyond.b].every((value) => value === 0)).toBe(true);
  });
});

const finite = fc.float({ min: -1000, max: 1000, noNaN: true });
const reals = (length: number) => fc.array(finite, { minLength: length, maxLength: length });
const host = (shape: number[], data: HostTensor['data']): HostTensor => ({ shape, data });

describe('what the mask took', () => {
  it.each<MergeWeightAttributes['dtype']>(['f32', 'f16', 'bf16', 'i4'])('is exactly zero: %s', (dtype) => {
    const mask = fc.array(fc.nat(0xffffffff), { minLength: rows * 2, maxLength: rows * 2 });
    const inputs = fc.tuple(reals(rows * columns), mask, reals(rank * columns), reals(rows * rank));
    const zeroPoints = fc.array(fc.nat(15), { minLength: rows * 3, maxLength: rows * 3 });
    fc.assert(
      fc.property(inputs, zeroPoints, ([w, bits, a, b], zeros) => {
        const grid = Float32Array.from({ length: rows * 6 }, (_, i) => (i % 2 ? zeros[i >> 1]! : 0.3));
        const size = rows * columns;
        const y = host([rows, columns], dtype === 'i4' ? new Uint32Array(size) : new Float32Array(size));
        mergeWeight.reference(
          [
            host([rows, columns], Float32Array.from(w)),
            host([rows, 2], Uint32Array.from(bits)),
            host([rank, columns], Float32Array.from(a)),
            host([rows, rank], Float32Array.from(b)),
            null,
            dtype === 'i4' ? host([rows, 6], grid) : null,
          ],
          [y],
          { scale: 2, group: null, dtype },
        );
        y.data.forEach((value: number, i: number) => {
          const [row, column] = [Math.floor(i / columns), i % columns];
          if ((bits[row * 2 + (column >> 5)]! >>> (column & 31)) & 1) return;
          expect(value).toBe(dtype === 'i4' ? zeros[row * 3 + (column >> 4)] : 0);
        });
      }),
    );
  });
});

describe('what does not fit', () => {
  const spec = (...shape: number[]) => ({ dtype: 'f32', shape }) as const;
  const [w, a, b, grid] = [spec(5, 37), spec(3, 37), spec(5, 3), spec(5, 6)];
  const f32 = { scale: 1, group: null, dtype: 'f32' } as const;

  it.each([
    { label: 'A', inputs: [w, null, spec(3, 36), b, null, null], attributes: f32, fault: /A is \[3,36\]/ },
    { label: 'B', inputs: [w, null, a, spec(3, 5), null, null], attributes: f32, fault: /B is \[3,5\]/ },
    { label: 'mask', inputs: [w, spec(5, 1), a, b, null, null], attributes: f32, fault: /mask is \[5,1\]/ },
    {
      label: 'no limits',
      inputs: [w, null, a, b, null, null],
      attributes: { ...f32, group: 0 },
      fault: /limits/,
    },
    { label: 'a grid of floats', inputs: [w, null, a, b, null, grid], attributes: f32, fault: /grid/ },
    {
      label: 'codes without a grid',
      inputs: [w, null, a, b, null, null],
      attributes: { ...f32, dtype: 'i4' as const },
      fault: /grid/,
    },
    {
      label: 'a grid of another weight',
      inputs: [w, null, a, b, null, spec(4, 6)],
      attributes: { ...f32, dtype: 'i4' as const },
      fault: /grid/,
    },
  ])('is refused: $label', ({ inputs, attributes, fault }) => {
    expect(() => mergeWeight.infer(inputs, attributes)).toThrow(fault);
  });
});
