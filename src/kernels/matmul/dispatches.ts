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
import ntRow from '../../../shaders/matmul_nt_row.wgsl?raw';
import ntRowI4 from '../../../shaders/matmul_nt_row_i4.wgsl?raw';
import nn from '../../../shaders/matmul_nn.wgsl?raw';
import tn from '../../../shaders/matmul_tn.wgsl?raw';
import cellsNone from '../../../shaders/cells_none.wgsl?raw';
import cellsSubgroup from '../../../shaders/cells_subgroup.wgsl?raw';
import { weightElements, weights } from '../weights.ts';
import maskNone from '../../../shaders/mask_none.wgsl?raw';
import maskBits from '../../../shaders/mask_bits.wgsl?raw';
import { NONE, f32, flag, flatIndex, subgroupDirectives, threads, u32 } from '../dispatch.ts';
import { groupShift } from '../int4.ts';
import type { MatmulAttributes } from './op.ts';
import { strides } from './op.reference.ts';

const tiled = { nt, nn, tn };
const bySubgroup = { nt: ntSubgroup, nn: nnSubgroup, tn: tnSubgroup };

type Kernel = Pick<Dispatch, 'code' | 'workgroups' | 'directives'>;

/** Up to so many rows, tiles of rows waste more than they share (measured on SwiftShader and llvmpipe). */
const fewRows = 2;

/**
 * Four variants. The naive one takes any shape; the tiled one reads four numbers at a time along the rows of both
 * matrices; the subgroup one shares loads among the 4 lanes of a subgroup (measured: two to three times the tiled one
 * on SwiftShader, where loads are dear). Few rows, as in decoding, have a kernel without tiles of rows.
 */
function kernelOf(node: Node<MatmulAttributes>, { subgroup }: DeviceTraits): Kernel {
  const [x, w, , , , mask, grid] = node.inputs as (Tensor | null)[];
  const { orientation } = node.attributes;
  const { rows, columns } = matrixOf(node.outputs[0]!.shape);
  const maskCode = mask ? maskBits : maskNone;
  if (matrixOf(x!.shape).columns % 4 !== 0 || matrixOf(w!.shape).columns % 4 !== 0) {
    const code = [shape, scalarStore, ...weightElements(w!.dtype), maskCode, naive];
    return { code, workgroups: [Math.ceil(columns / 8), Math.ceil(rows / 8), 1] };
  }
  if (orientation === 'nt' && rows <= fewRows) {
    return {
      code: [flatIndex, shape, scalarStore, ...weights(w!.dtype), ...(grid ? [ntRowI4] : [maskCode, ntRow])],
      workgroups: threads(rows * Math.ceil(columns / 4)),
    };
  }
  // Lanes of a subgroup share the cells of 16 columns.
  const apart = orientation === 'nn' && grid && gridOf(w!, grid).shift < 4;
  if (subgroup !== 4 || columns % 4 !== 0 || apart) {
    const code = [shape, scalarStore, ...weights(w!.dtype), maskCode, tiled[orientation]];
    return { code, workgroups: [Math.ceil(columns / 32), Math.ceil(rows / 32), 1] };
  }
  return {
    code: [
      flatIndex,
      shape,
      subgroupShape,
      ...weights(w!.dtype),
      maskCode,
      ...(orientation === 'nn' ? [grid ? cellsSubgroup : cellsNone] : []),
      bySubgroup[orientation],
    ],
    directives: subgroupDirectives,
    workgroups: threads(Math.ceil(rows / 8) * Math.ceil(columns / 16) * 4),
  };
}

function gridOf(w: Tensor, grid: Tensor | null | undefined): { groups: number; shift: number } {
  if (!grid) return { groups: 0, shift: 0 };
  const groups = matrixOf(grid.shape).columns / 2;
  return { groups, shift: groupShift(matrixOf(w.shape).columns, groups) };
}

export function matmulDispatches(node: Node<MatmulAttributes>, device: DeviceTraits): Dispatch[] {
  const [x, w, addend, bias, limits, mask, grid] = node.inputs as (Tensor | null)[];
  const { orientation, scale, innerLimit, outerLimit, rowsPerSequence } = node.attributes;
  const y = node.outputs[0]!;
  const { rows, columns } = matrixOf(y.shape);
  const xColumns = matrixOf(x!.shape).columns;
  const wColumns = matrixOf(w!.shape).columns;
  const inner = orientation === 'tn' ? matrixOf(x!.shape).rows : xColumns;
  const at = strides(orientation, xColumns);
  const cells = gridOf(w!, grid);
  const extra = mask ?? grid;
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
        u32(at.row),
        u32(at.inner),
        u32(w!.dtype === 'i4' ? Math.ceil(wColumns / 8) * 8 : wColumns),
        u32(['nt', 'nn', 'tn'].indexOf(orientation)),
        u32(cells.groups),
        u32(cells.shift),
      ],
      bindings: [x!, w!, addend!, bias!, limits!, y, ...(extra ? [extra] : [])],
      work: rows * inner * columns,
    },
  ];
}
