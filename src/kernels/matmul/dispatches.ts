import type { DeviceTraits, Dispatch, Node } from '../../graph/op.ts';
import { matrixOf, type Tensor } from '../../graph/tensor.ts';
import { NONE, f32, flag, u32 } from '../dispatch.ts';
import { mostWork, spans, type Span } from '../work.ts';
import type { MatmulAttributes } from './op.ts';
import { strides } from './op.reference.ts';
import { addends, problemOf } from './problem.ts';
import { chosenKernel } from './variants.ts';

/** Each kernel takes rows and columns of Y by so many, or by a divisor of it. */
const tile = 32;

/** Parts of Y, each a dispatch of at most so many multiply–accumulates: whole rows where enough of them fit. */
function partsOf(rows: number, inner: number, columns: number, most: number): { row: Span; column: Span }[] {
  return spans(columns, tile, Math.min(rows, tile) * inner, most).flatMap((column) =>
    spans(rows, tile, inner * (column.end - column.first), most).map((row) => ({ row, column })),
  );
}

export function matmulDispatches(
  node: Node<MatmulAttributes>,
  device: DeviceTraits,
  most = mostWork,
): Dispatch[] {
  const [x, w, addend, bias, limits, mask, grid] = node.inputs as (Tensor | null)[];
  const { orientation, scale, innerLimit, outerLimit, rowsPerSequence } = node.attributes;
  const y = node.outputs[0]!;
  const problem = problemOf(node);
  const { rows, inner, columns } = problem;
  const wColumns = matrixOf(w!.shape).columns;
  const at = strides(orientation, matrixOf(x!.shape).columns);
  const extra = mask ?? grid;
  const { workgroups, ...kernel } = chosenKernel(problem, device).kernel(problem);
  const uniforms = [
    u32(rows),
    u32(columns),
    u32(inner),
    u32(rowsPerSequence),
    u32(limits ? limits.shape[1]! : 0),
    u32(limits ? (innerLimit ?? NONE) : NONE),
    u32(limits ? (outerLimit ?? NONE) : NONE),
    f32(scale),
    u32(problem.addend),
    flag(bias),
    u32(Math.ceil(wColumns / 32)),
    u32(at.row),
    u32(at.inner),
    u32(w!.dtype === 'i4' ? Math.ceil(wColumns / 8) * 8 : wColumns),
    u32(['nt', 'nn', 'tn'].indexOf(orientation)),
    u32(grid ? matrixOf(grid.shape).columns / 2 : 0),
    u32(problem.gridShift ?? 0),
  ];
  const bindings = [
    x!,
    w!,
    problem.addend === addends.tensor ? addend! : null,
    bias!,
    limits!,
    y,
    ...(extra ? [extra] : []),
  ];
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
