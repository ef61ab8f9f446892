import type { NoAttributes, Op } from '../../graph/op.ts';
import { sizeOf } from '../../graph/tensor.ts';
import code from '../../../shaders/dot.wgsl?raw';
import { threads, u32 } from '../dispatch.ts';

/** Σ a·b as a tensor [1]: the mean loss, from losses and weights of the rows. No derivative: training starts from b. */
export const dot: Op<NoAttributes> = {
  name: 'dot',
  infer: () => [{ dtype: 'f32', shape: [1] }],
  reference([a, b], [y]) {
    let sum = 0;
    for (let i = 0; i < a!.data.length; i++) sum += a!.data[i]! * b!.data[i]!;
    y!.data[0] = sum;
  },
  dispatches({ inputs: [a, b], outputs: [y] }) {
    const count = sizeOf(a!.shape);
    return [
      {
        label: 'dot',
        code: [code],
        uniforms: [u32(count)],
        bindings: [a!, b!, y!],
        workgroups: threads(1),
        work: count,
      },
    ];
  },
};
