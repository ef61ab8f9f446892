import type { Dispatch, Node } from '../../graph/op.ts';
import { bytesOf, matrixOf, sizeOf, type Tensor } from '../../graph/tensor.ts';
import common from '../../../shaders/merge_weight.wgsl?raw';
import scalar from '../../../shaders/merge_weight_scalar.wgsl?raw';
import vec4 from '../../../shaders/merge_weight_vec4.wgsl?raw';
import f32Code from '../../../shaders/merge_weight_f32.wgsl?raw';
import halfCode from '../../../shaders/merge_weight_half.wgsl?raw';
import int4Code from '../../../shaders/merge_weight_int4.wgsl?raw';
import int4Snippet from '../../../shaders/int4_code.wgsl?raw';
import roundF16 from '../../../shaders/round_f16.wgsl?raw';
import roundBf16 from '../../../shaders/round_bf16.wgsl?raw';
import { NONE, f32, flag, flatIndex, threads, u32 } from '../dispatch.ts';
import { groupShift } from '../int4.ts';
import { scalarWeights } from '../weights.ts';
import type { MergeWeightAttributes } from './op.ts';

/** What is stored, by its dtype. */
const stores: Readonly<Record<MergeWeightAttributes['dtype'], readonly string[]>> = {
  f32: [f32Code],
  f16: [roundF16, halfCode],
  bf16: [roundBf16, halfCode],
  i4: [int4Snippet, int4Code],
};

/** One thread makes eight elements, of one row in INT4, else wherever they fall. */
export function mergeWeightDispatches(node: Node<MergeWeightAttributes>): Dispatch[] {
  const [w, mask, a, b, limits, grid] = node.inputs as (Tensor | null)[];
  const { scale, group, dtype } = node.attributes;
  const y = node.outputs[0]!;
  const { rows, columns } = matrixOf(y.shape);
  const rank = matrixOf(a!.shape).rows;
  const groups = grid ? matrixOf(grid.shape).columns / 2 : 0;
  return [
    {
      label: `merge weight ${rows}×${columns}, rank ${rank}, ${dtype}`,
      code: [flatIndex, scalarWeights(w!.dtype), columns % 4 === 0 ? vec4 : scalar, common, ...stores[dtype]],
      uniforms: [
        u32(rows),
        u32(columns),
        u32(rank),
        u32(group ?? NONE),
        f32(scale),
        flag(mask),
        u32(groups),
        u32(grid ? groupShift(columns, groups) : 0),
      ],
      bindings: [a!, w!, b!, mask!, limits!, y, ...(dtype === 'i4' ? [grid!] : [])],
      workgroups: threads(dtype === 'i4' ? bytesOf(y) / 4 : Math.ceil(sizeOf(y.shape) / 8)),
      work: sizeOf(y.shape) * Math.max(1, rank),
    },
  ];
}
