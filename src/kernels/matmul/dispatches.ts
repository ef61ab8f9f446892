import type { DeviceTraits, Dispatch, Node } from '../../graph/op.ts';
import { matrixOf, type Tensor } from '../../graph/tensor.ts';
import shape from '../../../shaders/matmul_shape.wgsl?raw';
import naive from '../../../shaders/matmul_naive.wgsl?raw';
import scalarStore from '../../../shaders/matmul_store.wgsl?raw';
import subgroupShape from '../../../shaders/matmul_subgroup_shape.wgsl?raw';
import ntSubgroup from '../../../shaders/matmul_nt_subgroup.wgsl?raw';
import nnSubgroup from '../../../shaders/matmul_nn_subgroup.wgsl?raw';
import tnSubgroup from '../../../shaders/matmul_tn_subgroup.wgsl?raw';
import nt from '../../../shaders/matmul_nt.wgsl?raw';
import nn from '../../../shaders/matmul_nn.wgsl?raw';
import tn from '../../../shaders/matmul_tn.wgsl?raw';
import { scalarWeights, weights } from '../weights.ts';
import maskNone from '../../../shaders/mask_none.wgsl?raw';
import maskBits from '../../../shaders/mask_bits.wgsl?raw';
import { NONE, f32, flag, flatIndex, subgroupDirectives, threads, u32 } from '../dispatch.ts';
import type { MatmulAttributes } from './op.ts';
import { strides } from './op.reference.ts';

const tiled = { nt, nn, tn };
const bySubgroup = { nt: ntSubgroup, nn: nnSubgroup, tn: tnSubgroup };

type Kernel = Pick<Dispatch, 'code' | 'workgroups' | 'directives'>;

/**
 * Three variants. The naive one takes any shape; the tiled one reads four numbers at a time along the rows of both
 * matrices; the subgroup one shares loads among the 4 lanes of a subgroup (measured: two to three times the tiled one
 * on SwiftShader, where loads are dear).
 */
function kernelOf(node: Node<MatmulAttributes>, { subgroup }: DeviceTraits): Kernel {
  const [x, w, , , , mask] = node.inputs as (Tensor | null)[];
  const { orientation } = node.attributes;
  const { rows, columns } = matrixOf(node.outputs[0]!.shape);
  const maskCode = mask ? maskBits : maskNone;
  if (matrixOf(x!.shape).columns % 4 !== 0 || matrixOf(w!.shape).columns % 4 !== 0) {
    const code = [shape, scalarStore, scalarWeights(w!.dtype), maskCode, naive];
    return { code, workgroups: [Math.ceil(columns / 8), Math.ceil(rows / 8), 1] };
  }
  if (subgroup !== 4 || columns % 4 !== 0) {
    const code = [shape, scalarStore, weights(w!.dtype), maskCode, tiled[orientation]];
    return { code, workgroups: [Math.ceil(columns / 32), Math.ceil(rows / 32), 1] };
  }
  return {
    code: [flatIndex, shape, subgroupShape, weights(w!.dtype), maskCode, bySubgroup[orientation]],
    directives: subgroupDirectives,
    workgroups: threads(Math.ceil(rows / 8) * Math.ceil(columns / 16) * 4),
  };
}

export function matmulDispatches(node: Node<MatmulAttributes>, device: DeviceTraits): Dispatch[] {
  const [x, w, addend, bias, limits, mask] = node.inputs as (Tensor | null)[];
  const { orientation, scale, innerLimit, outerLimit, rowsPerSequence } = node.attributes;
  const y = node.outputs[0]!;
  const { rows, columns } = matrixOf(y.shape);
  const xColumns = matrixOf(x!.shape).columns;
  const wColumns = matrixOf(w!.shape).columns;
  const inner = orientation === 'tn' ? matrixOf(x!.shape).rows : xColumns;
  const at = strides(orientation, xColumns, wColumns);
  return [
    {
      label: `matmul ${orientation} ${rows}×${inner}×${columns}`,
      ...kernelOf(node, device),
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
      work: rows * inner * columns,
    },
  ];
}
