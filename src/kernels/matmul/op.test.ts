import { expect, it } from 'vitest';
import { matmul, type Orientation } from './op.ts';

const spec = (...shape: number[]) => ({ dtype: 'f32', shape }) as const;
const attributes = (orientation: Orientation) => ({
  orientation,
  scale: 1,
  innerLimit: null,
  outerLimit: null,
  rowsPerSequence: 1,
});

it.each([
  ['nt', spec(2, 3, 4), spec(5, 4), [2, 3, 5]],
  ['nn', spec(6, 4), spec(4, 5), [6, 5]],
  ['tn', spec(6, 4), spec(6, 5), [4, 5]],
] as const)('shape of %s', (orientation, x, w, shape) => {
  expect(matmul.infer([x, w, null], attributes(orientation))[0]!.shape).toEqual(shape);
});

it('refuses inner sizes that differ, and an addend of another shape', () => {
  expect(() => matmul.infer([spec(6, 4), spec(4, 5)], attributes('nt'))).toThrow(
    'inner sizes differ, [6,4] and [4,5]',
  );
  expect(() => matmul.infer([spec(6, 4), spec(4, 5)], attributes('tn'))).toThrow('inner sizes differ');
  expect(() => matmul.infer([spec(6, 4), spec(5, 4), spec(5, 6)], attributes('nt'))).toThrow(
    'addend does not fit',
  );
  expect(() => matmul.infer([spec(2, 3, 4), spec(5, 4), spec(6, 5)], attributes('nt'))).not.toThrow();
});
