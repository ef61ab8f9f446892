import type { Dispatch, Node } from '../../graph/op.ts';
import { matrixOf, type Tensor } from '../../graph/tensor.ts';
import shape from '../../../shaders/matmul_shape.wgsl?raw';
import naive from '../../../shaders/matmul_naive.wgsl?raw';
import nt from '../../../shaders/matmul_nt.wgsl?raw';
import nn from '../../../shaders/matmul_nn.wgsl?raw';
import tn from '../../../shaders/matmul_tn.wgsl?raw';
import { scalarWeights, weights } from '../weights.ts';
import maskNone from '../../../shaders/mask_none.wgsl?raw';
import maskBits from '../../../shaders/mask_bits.wgsl?raw';
import { NONE, f32, flag, u32 } from '../dispatch.ts';
import type { MatmulAttributes } from './op.ts';
import { strides } from './op.reference.ts';

const tiled = { nt, nn, tn };

/** The tiled kernels read four numbers at a time along both matrices' rows; other shapes take the naive one. */
export function matmulDispatches(node: Node<MatmulAttributes>): Dispatch[] {
  const [x, w, addend, bias, limits, mask] = node.inputs as (Tensor | null)[];
  const { orientation, scale, innerLimit, outerLimit, rowsPerSequence } = node.attributes;
  const y = node.outputs[0]!;
  const { rows, columns } = matrixOf(y.shape);
  const xColumns = matrixOf(x!.shape).columns;
  const wColumns = matrixOf(w!.shape).columns;
  const inner = orientation === 'tn' ? matrixOf(x!.shape).rows : xColumns;
  const fast = xColumns % 4 === 0 && wColumns % 4 === 0;
  const at = strides(orientation, xColumns, wColumns);
  const maskCode = mask ? maskBits : maskNone;
  return [
    {
      label: `matmul ${orientation} ${rows}×${inner}×${columns}`,
      code: fast
        ? [shape, weights(w!.dtype), maskCode, tiled[orientation]]
        : [shape, scalarWeights(w!.dtype), maskCode, naive],
      uniforms: [
        u32(rows),
        u32(columns),
        u32(inner),
        u32(rowsPerSequence),
        u32(limits ? limits.shape[1]! : 0),
        u32(limits ? (innerLimit ?? NONE) : NONE),
        u32(limits ? (outerLimit ?? NONE) : NONE),
        f32(scale),
        flag(addend),
        flag(bias),
        u32(Math.ceil(wColumns / 32)),
        u32(at.xRow),
        u32(at.xInner),
        u32(at.wInner),
        u32(at.wColumn),
        u32(['nt', 'nn', 'tn'].indexOf(orientation)),
      ],
      bindings: [x!, w!, addend!, bias!, limits!, y, ...(mask ? [mask] : [])],
      workgroups: fast
        ? [Math.ceil(columns / 32), Math.ceil(rows / 32), 1]
        : [Math.ceil(columns / 8), Math.ceil(rows / 8), 1],
      work: rows * inner * columns,
    },
  ];
}
