import type { HostTensor, Op } from '../../graph/op.ts';
import { matrixOf, sizeOf, type Tensor } from '../../graph/tensor.ts';
import shapeCode from '../../../shaders/heads_shape.wgsl?raw';
import joinCode from '../../../shaders/join_heads.wgsl?raw';
import splitCode from '../../../shaders/split_heads.wgsl?raw';
import { flatIndex, threads, u32 } from '../dispatch.ts';

/**
 * How q, k and v lie in one matrix: element (h, d) of part p is in column h·headStride + p·partStride + d. Part after
 * part (GPT-2): headStride = headDim, partStride = heads·headDim. Head after head (GPT-NeoX): headStride = 3·headDim,
 * partStride = headDim.
 */
export interface SplitHeadsAttributes {
  readonly heads: number;
  readonly headDim: number;
  readonly headStride: number;
  readonly partStride: number;
}

/** Input: x [rows, 3·heads·headDim]. Outputs: q, k and v, each [rows, heads·headDim]. */
export const splitHeads: Op<SplitHeadsAttributes> = {
  name: 'split-heads',
  infer([x], { heads, headDim, headStride, partStride }) {
    const { rows, columns } = matrixOf(x!.shape);
    const width = heads * headDim;
    const lastColumn = (heads - 1) * headStride + 2 * partStride + headDim;
    if (columns !== 3 * width || lastColumn !== columns)
      throw new Error(`split heads: ${heads} heads of ${headDim} thrice are not ${columns} columns`);
    return ['q', 'k', 'v'].map(() => ({ dtype: 'f32', shape: [rows, width] }));
  },
  vjp({ graph, node: { attributes }, gradients }) {
    return graph.apply(joinHeads, gradients, attributes);
  },
  reference([x], parts, attributes) {
    eachElement(parts, attributes, (part, i, at) => (part.data[i] = x!.data[at]!));
  },
  dispatches({ inputs: [x], outputs, attributes }) {
    return [dispatch('split heads', splitCode, outputs[0]!, outputs, [x!, ...outputs], attributes)];
  },
};

/** The other way round; a part that is null counts as zero. */
const joinHeads: Op<SplitHeadsAttributes> = {
  name: 'join-heads',
  infer(parts) {
    const { rows, columns } = matrixOf(parts.find((part) => part !== null)!.shape);
    return [{ dtype: 'f32', shape: [rows, 3 * columns] }];
  },
  reference(parts, [x], attributes) {
    x!.data.fill(0);
    eachElement(parts, attributes, (part, i, at) => (x!.data[at] = part.data[i]!));
  },
  dispatches({ inputs, outputs: [x], attributes }) {
    const some = inputs.find((part) => part !== null)!;
    return [dispatch('join heads', joinCode, some, inputs, [...inputs, x!], attributes)];
  },
};

/** Visits the elements of the parts that are there, with where they are in the matrix of all three. */
function eachElement(
  parts: readonly (HostTensor | null)[],
  { heads, headDim, headStride, partStride }: SplitHeadsAttributes,
  visit: (part: HostTensor, index: number, at: number) => void,
): void {
  const columns = heads * headDim;
  parts.forEach((part, p) =>
    part?.data.forEach((_: number, i: number) => {
      const head = Math.floor((i % columns) / headDim);
      const column = head * headStride + p * partStride + (i % headDim);
      visit(part, i, Math.floor(i / columns) * columns * 3 + column);
    }),
  );
}

function dispatch(
  label: string,
  code: string,
  some: Tensor,
  parts: readonly (Tensor | null)[],
  bindings: readonly (Tensor | null)[],
  { headDim, headStride, partStride }: SplitHeadsAttributes,
) {
  const count = sizeOf(some.shape);
  const present = parts.reduce((bits, part, p) => bits | (part ? 1 << p : 0), 0);
  return {
    label,
    code: [flatIndex, shapeCode, code],
    uniforms: [count, matrixOf(some.shape).columns, headDim, headStride, partStride, present].map(u32),
    bindings,
    workgroups: threads(count),
    work: count * 3,
  };
}
