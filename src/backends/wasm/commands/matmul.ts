import { matrixOf, type Tensor } from '../../../graph/tensor.ts';
import { groupShift } from '../../../kernels/int4.ts';
import type { MatmulAttributes } from '../../../kernels/matmul/op.ts';
import { dtypeCode, f32, real, rowBytes, type Encoder } from './command.ts';

/** wasm/matmul.ts: the struct, its scratch (two tiles, the bias, a panel of eight columns). */
export const matmulCommand: Encoder = (node, address) => {
  const [x, w, addend, bias, limits, mask, grid] = node.inputs as (Tensor | null | undefined)[];
  const { orientation, scale, innerLimit, outerLimit, rowsPerSequence } =
    node.attributes as unknown as MatmulAttributes;
  const y = node.outputs[0]!;
  if (!real(x, addend)) return null;
  const { rows, columns } = matrixOf(y.shape);
  const xShape = matrixOf(x!.shape);
  const wColumns = matrixOf(w!.shape).columns;
  const inner = orientation === 'tn' ? xShape.rows : xShape.columns;
  const limited = limits && (innerLimit !== null || outerLimit !== null);
  const cells = grid ? matrixOf(grid.shape).columns : 0;
  return {
    kernel: 'matmul',
    words: [
      address(x),
      address(w),
      y.alias ? address(y) : address(addend),
      address(bias),
      limited ? address(limits) : 0,
      address(y),
      address(mask),
      address(grid),
      ['nt', 'nn', 'tn'].indexOf(orientation),
      rows,
      columns,
      inner,
      xShape.columns,
      wColumns,
      dtypeCode(w!.dtype),
      bias ? dtypeCode(bias.dtype) : 0,
      f32(scale),
      limited ? rowsPerSequence : Math.max(rows, inner),
      limited ? limits.shape[1]! : 0,
      innerLimit ?? -1,
      outerLimit ?? -1,
      grid ? groupShift(wColumns, cells / 2) : 0,
      cells,
    ],
    scratch: 256 + rowBytes(columns) + 32 * (inner + 8),
    work: rows * columns * inner,
  };
};
