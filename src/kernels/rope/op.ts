import type { Op } from '../../graph/op.ts';
import { matrixOf, sizeOf } from '../../graph/tensor.ts';
import code from '../../../shaders/rope.wgsl?raw';
import { flag, flatIndex, numbers, threads, u32, widthOf } from '../dispatch.ts';
import { checkStart, firstPosition, startCode, startCount } from '../start.ts';

export interface RopeAttributes {
  readonly headDim: number;
  /** How many of a head's first dimensions turn; all, unless said otherwise. The rest passes through. */
  readonly rotaryDim?: number;
  readonly rowsPerSequence: number;
  /** Turns back: the gradient of a rotation. */
  readonly inverse: boolean;
}

/** They share what is loaded of the tables, and what is divided. */
const headsAThread = 4;

/**
 * Rotary embedding, the halves of what turns of a head as pairs (Hugging Face's rotate_half).
 * Inputs: x [rows, heads·headDim]; cos, sin [positions, rotaryDim/2], made on the host in double (positions outside take
 * the nearest row: padding); start (kernels/start.ts).
 */
export const rope: Op<RopeAttributes> = {
  name: 'rope',
  infer([x, cos, sin, start], { headDim, rotaryDim = headDim, rowsPerSequence }) {
    const { rows, columns } = matrixOf(x!.shape);
    const tables = [cos!, sin!].every(({ shape }) => shape[1] === rotaryDim / 2);
    if (!tables || rotaryDim > headDim || headDim % 2 !== 0 || columns % headDim !== 0)
      throw new Error(
        `rope: tables [${cos!.shape.join()}] do not fit heads of ${headDim}, ${rotaryDim} of them`,
      );
    checkStart(start, rows / rowsPerSequence);
    return [{ dtype: 'f32', shape: x!.shape }];
  },
  vjp({ graph, node, gradients }) {
    const [, cos, sin, start] = node.inputs;
    const attributes = { ...node.attributes, inverse: !node.attributes.inverse };
    return [graph.apply(rope, [gradients[0]!, cos!, sin!, start ?? null], attributes)[0]!, null, null, null];
  },
  reference([x, cos, sin, start], [y], { headDim, rotaryDim = headDim, rowsPerSequence, inverse }) {
    const columns = x!.shape.at(-1)!;
    const half = rotaryDim / 2;
    const last = cos!.shape[0]! - 1;
    for (let index = 0; index < x!.data.length; index++) {
      const within = (index % columns) % headDim;
      const row = Math.floor(index / columns);
      const at = firstPosition(start, Math.floor(row / rowsPerSequence)) + (row % rowsPerSequence);
      const position = Math.min(Math.max(at, 0), last);
      const pair = within % half;
      const c = cos!.data[position * half + pair]!;
      const s = sin!.data[position * half + pair]! * (inverse ? -1 : 1);
      const other = within < half ? -x!.data[index + half]! : x!.data[index - half]!;
      y!.data[index] = within < rotaryDim ? x!.data[index]! * c + other * s : x!.data[index]!;
    }
  },
  dispatches({ inputs: [x, cos, sin, start], outputs: [y], attributes }) {
    const { rows, columns } = matrixOf(x!.shape);
    const { headDim, rotaryDim = headDim, rowsPerSequence, inverse } = attributes;
    const width = widthOf(headDim / 2, rotaryDim / 2);
    const count = rows * Math.ceil(columns / headDim / headsAThread) * (headDim / width / 2);
    return [
      {
        label: 'rope',
        constants: { HEADS: headsAThread },
        code: [flatIndex, numbers(width), startCode, code],
        uniforms: [
          u32(count),
          u32(columns / width),
          u32(headDim / width),
          u32(rotaryDim / width),
          u32(cos!.shape[0]!),
          u32(rowsPerSequence),
          flag(inverse),
          startCount(start),
        ],
        bindings: [x!, cos!, sin!, start ?? null, y!],
        workgroups: threads(count),
        work: sizeOf(x!.shape) * 2,
      },
    ];
  },
};
