import type { NoAttributes, Op } from '../../graph/op.ts';
import { sizeOf } from '../../graph/tensor.ts';
import code from '../../../shaders/add.wgsl?raw';
import { flatIndex, threads, u32 } from '../dispatch.ts';

/** y = a + b, same shapes. */
export const add: Op<NoAttributes> = {
  name: 'add',
  infer: ([a]) => [{ dtype: 'f32', shape: a!.shape }],
  vjp: ({ gradients }) => [gradients[0]!, gradients[0]!],
  reference([a, b], [y]) {
    a!.data.forEach((value: number, i: number) => (y!.data[i] = value + b!.data[i]!));
  },
  dispatches({ inputs: [a, b], outputs: [y] }) {
    const count = sizeOf(y!.shape);
    return [
      {
        label: 'add',
        code: [flatIndex, code],
        uniforms: [u32(count)],
        bindings: [a!, b!, y!],
        workgroups: threads(count),
        work: count,
      },
    ];
  },
};
