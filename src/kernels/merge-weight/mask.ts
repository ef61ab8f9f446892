import type { NoAttributes, Op } from '../../graph/op.ts';
import { matrixOf, sizeOf } from '../../graph/tensor.ts';
import code from '../../../shaders/merge_weight_mask.wgsl?raw';
import { flatIndex, threads, u32 } from '../dispatch.ts';
import { maskBit } from '../matmul/op.reference.ts';

/** y = x ⊙ M: what the mask took is exactly zero. Inputs: x [out, in], mask u32 [out, ⌈in/32⌉]. */
export const maskElements: Op<NoAttributes> = {
  name: 'mask-elements',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  vjp: ({ graph, node: { inputs }, gradients }) => [
    graph.apply(maskElements, [gradients[0]!, inputs[1]!], {})[0]!,
    null,
  ],
  reference([x, mask], [y]) {
    const columns = x!.shape.at(-1)!;
    const words = Math.ceil(columns / 32);
    x!.data.forEach((value: number, i: number) => {
      y!.data[i] = maskBit(mask!.data, words, Math.floor(i / columns), i % columns) ? value : 0;
    });
  },
  dispatches({ inputs: [x, mask], outputs: [y] }) {
    const { rows, columns } = matrixOf(y!.shape);
    return [
      {
        label: 'mask elements',
        code: [flatIndex, code],
        uniforms: [u32(rows), u32(columns)],
        bindings: [x!, mask!, y!],
        workgroups: threads(rows * columns),
        work: sizeOf(y!.shape),
      },
    ];
  },
};
