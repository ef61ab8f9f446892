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
import { biasCode, weightElements, weights } from '../weights.ts';
import maskNone from '../../../shaders/mask_none.wgsl?raw';
import maskBits from '../../../shaders/mask_bits.wgsl?raw';
import { NONE, f32, flag, flatIndex, subgroupDirectives, threads, u32 } from '../dispatch.ts';
import { groupShift } from '../int4.ts';
import { mostWork, spans, type Span } from '../work.ts';
import type { MatmulAttributes } from './op.ts';
import { strides } from './op.reference.ts';

const tiled = { nt, nn, tn };
const bySubgroup = { nt: ntSubgroup, nn: nnSubgroup, tn: tnSubgroup };

interface Kernel extends Pick<Dispatch, 'code' | 'directives'> {
  /** For so many rows and columns of Y. */
  readonly workgroups: (rows: number, columns: number) => Dispatch['workgroups'];
}

/** Each kernel takes rows and columns of Y by so many, or by a divisor of it. */
const tile = 32;

/** Up to so many rows, tiles of rows waste more than they share (measured on SwiftShader and llvmpipe). */
const fewRows = 2;

/**
 * Four variants. The naive one takes any shape; the tiled one reads four numbers at a time along the rows of both
 * matrices; the subgroup one shares loads among the 4 lanes of a subgroup (measured: two to three times the tiled one
 * on SwiftShader, where loads are dear). Few rows, as in decoding, have a kernel without tiles of rows.
 */
function kernelOf(node: Node<MatmulAttributes>, { subgroup }: DeviceTraits): Kernel {
  const [x, w, , bias, , mask, grid] = node.inputs as (Tensor | null)[];
  const { orientation } = node.attributes;
  const { rows, columns } = matrixOf(node.outputs[0]!.shape);
  const maskCode = mask ? maskBits : maskNone;
  const common = [shape, biasCode(bias)];
  if (matrixOf(x!.shape).columns % 4 !== 0 || matrixOf(w!.shape).columns % 4 !== 0) {
    const code = [...common, scalarStore, ...weightElements(w!.dtype), maskCode, naive];
    return { code, workgroups: (m, n) => [Math.ceil(n / 8), Math.ceil(m / 8), 1] };
  }
  if (orientation === 'nt' && rows <= fewRows) {
    return {
      code: [
        flatIndex,
        ...common,
        scalarStore,
        ...weights(w!.dtype),
        ...(grid ? [ntRowI4] : [maskCode, ntRow]),
      ],
      workgroups: (m, n) => threads(m * Math.ceil(n / 4)),
    };
  }
  // Lanes of a subgroup share the cells of 16 columns.
  const apart = orientation === 'nn' && grid && gridOf(w!, grid).shift < 4;
  if (subgroup !== 4 || columns % 4 !== 0 || apart) {
    const code = [...common, scalarStore, ...weights(w!.dtype), maskCode, tiled[orientation]];
    return { code, workgroups: (m, n) => [Math.ceil(n / tile), Math.ceil(m / tile), 1] };
  }
  return {
    code: [
      flatIndex,
      ...common,
      subgroupShape,
      ...weights(w!.dtype),
      maskCode,
      ...(orientation === 'nn' ? [grid ? cellsSubgroup : cellsNone] : []),
      bySubgroup[orientation],
    ],
    directives: subgroupDirectives,
    workgroups: (m, n) => threads(Math.ceil(m / 8) * Math.ceil(n / 16) * 4),
  };
}

function gridOf(w: Tensor, grid: Tensor | null | undefined): { groups: number; shift: number } {
  if (!grid) return { groups: 0, shift: 0 };
  const groups = matrixOf(grid.shape).columns / 2;
  return { groups, shift: groupShift(matrixOf(w.shape).columns, groups) };
}

/** Parts of Y, each a dispatch of at most so many multiply–accumulates: whole rows where enough of them fit. */
function partsOf(rows: number, inner: number, columns: number, most: number): { row: Span; column: Span }[] {
  return spans(columns, tile, Math.min(rows, tile) * inner, most).flatMap((column) =>
    spans(rows, tile, inner * (column.end - column.first), most).map((row) => ({ row, column })),
  );
}

/** What is added to the product, for the kernels: nothing, the addend, or what Y holds (`matmulInto`). */
function addendKind(addend: Tensor | null | undefined, y: Tensor): number {
  if (y.alias) return 2;
  return addend ? 1 : 0;
}

export function matmulDispatches(
  node: Node<MatmulAttributes>,
  device: DeviceTraits,
  most = mostWork,
): Dispatch[] {
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
  const added = addendKind(addend, y);
  const { workgroups, ...kernel } = kernelOf(node, device);
  const uniforms = [
    u32(rows),
    u32(columns),
    u32(inner),
    u32(rowsPerSequence),
    u32(limits ? limits.shape[1]! : 0),
    u32(limits ? (innerLimit ?? NONE) : NONE),
    u32(limits ? (outerLimit ?? NONE) : NONE),
    f32(scale),
    u32(added),
    flag(bias),
    u32(Math.ceil(wColumns / 32)),
    u32(at.row),
    u32(at.inner),
    u32(w!.dtype === 'i4' ? Math.ceil(wColumns / 8) * 8 : wColumns),
    u32(['nt', 'nn', 'tn'].indexOf(orientation)),
    u32(cells.groups),
    u32(cells.shift),
  ];
  const bindings = [x!, w!, added === 1 ? addend! : null, bias!, limits!, y, ...(extra ? [extra] : [])];
  return partsOf(rows, inner, columns, most).map(({ row, column }) => {
    const [m, n] = [row.end - row.first, column.end - column.first];
    return {
      label: `matmul ${orientation} ${rows}×${inner}×${columns}`,
      ...kernel,
      uniforms: [...uniforms, u32(row.first), u32(column.first), u32(row.end), u32(column.end)],
      bindings,
      workgroups: workgroups(m, n),
      work: m * inner * n,
    };
  });
}
