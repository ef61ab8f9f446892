import type { NoAttributes, Op } from '../../graph/op.ts';
import { matrixOf, sizeOf } from '../../graph/tensor.ts';
import code from '../../../shaders/mask_elements.wgsl?raw';
import { flatIndex, threads, u32 } from '../dispatch.ts';
import { maskBit } from '../matmul/op.reference.ts';

/**
 * y = x where the mask has the element's bit, else 0: the gradient of a merged weight whose zeros stay zeros.
 * Inputs: x f32 [rows, columns], mask u32 [rows, ⌈columns / 32⌉]. Output as x.
 */
export const maskElements: Op<NoAttributes> = {
  name: 'mask-elements',
  infer([x, mask]) {
    const { rows, columns } = matrixOf(x!.shape);
    const bits = matrixOf(mask!.shape);
    if (x!.dtype !== 'f32') throw new Error(`mask-elements: elements are f32, not ${x!.dtype}`);
    if (mask!.dtype !== 'u32' || bits.rows !== rows || bits.columns !== Math.ceil(columns / 32)) {
      throw new Error(
        `mask-elements: a mask of ${mask!.dtype}[${mask!.shape.join()}] does not fit [${x!.shape.join()}]`,
      );
    }
    return [{ dtype: 'f32', shape: x!.shape }];
  },
  vjp: ({ graph, node: { inputs }, gradients }) => [
    graph.apply(maskElements, [gradients[0]!, inputs[1]!], {})[0]!,
    null,
  ],
  reference([x, mask], [y]) {
    const { columns } = matrixOf(x!.shape);
    const words = Math.ceil(columns / 32);
    x!.data.forEach((value: number, i: number) => {
      y!.data[i] = maskBit(mask!.data, words, Math.floor(i / columns), i % columns) ? value : 0;
    });
  },
  dispatches({ inputs: [x, mask], outputs: [y] }) {
    const count = sizeOf(y!.shape);
    const { columns } = matrixOf(y!.shape);
    return [
      {
        label: 'mask elements',
        code: [flatIndex, code],
        uniforms: [u32(count), u32(columns), u32(Math.ceil(columns / 32))],
        bindings: [x!, mask!, y!],
        workgroups: threads(count),
        work: count,
      },
    ];
  },
};
