import type { NoAttributes, Op } from '../../graph/op.ts';
import code from '../../../shaders/add.wgsl?raw';
import { elementwise } from '../dispatch.ts';

/** y = a + b, same shapes. */
export const add: Op<NoAttributes> = {
  name: 'add',
  infer: ([a]) => [{ dtype: 'f32', shape: a!.shape }],
  vjp: ({ gradients }) => [gradients[0]!, gradients[0]!],
  reference([a, b], [y]) {
    a!.data.forEach((value: number, i: number) => (y!.data[i] = value + b!.data[i]!));
  },
  dispatches: ({ inputs, outputs }) => [elementwise('add', [code], [...inputs, ...outputs])],
};
