import type { Op } from '../../graph/op.ts';
import { matrixOf, sizeOf } from '../../graph/tensor.ts';
import code from '../../../shaders/rope.wgsl?raw';
import { flag, flatIndex, threads, u32 } from '../dispatch.ts';

export interface RopeAttributes {
  readonly headDim: number;
  readonly rowsPerSequence: number;
  /** Turns back: the gradient of a rotation. */
  readonly inverse: boolean;
}

/**
 * Rotary embedding, the halves of a head as pairs (Hugging Face's rotate_half).
 * Inputs: x [rows, heads·headDim]; cos, sin [positions, headDim/2], made on the host in double; start i32 [1] or
 * null: the position of each sequence's first row.
 */
export const rope: Op<RopeAttributes> = {
  name: 'rope',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  vjp({ graph, node, gradients }) {
    const [, cos, sin, start] = node.inputs;
    const attributes = { ...node.attributes, inverse: !node.attributes.inverse };
    return [graph.apply(rope, [gradients[0]!, cos!, sin!, start ?? null], attributes)[0]!, null, null, null];
  },
  reference([x, cos, sin, start], [y], { headDim, rowsPerSequence, inverse }) {
    const columns = x!.shape.at(-1)!;
    const half = headDim / 2;
    const first = start?.data[0] ?? 0;
    for (let index = 0; index < x!.data.length; index++) {
      const within = (index % columns) % headDim;
      const position = first + (Math.floor(index / columns) % rowsPerSequence);
      const pair = within % half;
      const c = cos!.data[position * half + pair]!;
      const s = sin!.data[position * half + pair]! * (inverse ? -1 : 1);
      const other = within < half ? -x!.data[index + half]! : x!.data[index - half]!;
      y!.data[index] = x!.data[index]! * c + other * s;
    }
  },
  dispatches({ inputs: [x, cos, sin, start], outputs: [y], attributes }) {
    const { columns } = matrixOf(x!.shape);
    const count = sizeOf(x!.shape);
    const { headDim, rowsPerSequence, inverse } = attributes;
    return [
      {
        label: 'rope',
        code: [flatIndex, code],
        uniforms: [u32(count), u32(columns), u32(headDim), u32(rowsPerSequence), flag(inverse), flag(start)],
        bindings: [x!, cos!, sin!, start ?? null, y!],
        workgroups: threads(count / 2),
        work: count * 2,
      },
    ];
  },
};
