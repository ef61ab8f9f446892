import type { DeviceTraits, Dispatch, Node } from '../../graph/op.ts';
import { matrixOf, type DType, type Tensor } from '../../graph/tensor.ts';
import { groupShift } from '../int4.ts';
import type { MatmulAttributes, Orientation } from './op.ts';

/** Where the addend is: nowhere, in a tensor of its own, or in Y itself (`matmulInto`). The kernels' numbers for it. */
export const addends = { none: 0, tensor: 1, y: 2 } as const;

/** All of a matmul that a choice between kernels, and the kernels' text, can depend on. */
export interface Problem {
  readonly orientation: Orientation;
  /** Of Y. */
  readonly rows: number;
  readonly inner: number;
  /** Of Y. */
  readonly columns: number;
  readonly dtype: DType;
  /** Rows of X and of W can be read four numbers at a time. */
  readonly fours: boolean;
  readonly addend: (typeof addends)[keyof typeof addends];
  readonly bias: Tensor | null;
  /** Some limit applies. */
  readonly limited: boolean;
  readonly rowsPerSequence: number;
  readonly masked: boolean;
  /** log₂ of the inputs that share a cell of the grid; null where W holds floats. */
  readonly gridShift: number | null;
}

/** A kernel's code, and how many workgroups it takes for so many rows and columns of Y. */
export interface Kernel extends Pick<Dispatch, 'code' | 'directives'> {
  readonly workgroups: (rows: number, columns: number) => Dispatch['workgroups'];
}

/** One way to compute a matmul. */
export interface Variant {
  readonly name: string;
  readonly fits: (problem: Problem, device: DeviceTraits) => boolean;
  readonly kernel: (problem: Problem) => Kernel;
}

export function problemOf(node: Node<MatmulAttributes>): Problem {
  const [x, w, addend, bias, limits, mask, grid] = node.inputs as (Tensor | null)[];
  const { orientation, innerLimit, outerLimit, rowsPerSequence } = node.attributes;
  const y = node.outputs[0]!;
  const { rows, columns } = matrixOf(y.shape);
  const [xMatrix, wMatrix] = [matrixOf(x!.shape), matrixOf(w!.shape)];
  return {
    orientation,
    rows,
    inner: orientation === 'tn' ? xMatrix.rows : xMatrix.columns,
    columns,
    dtype: w!.dtype,
    fours: xMatrix.columns % 4 === 0 && wMatrix.columns % 4 === 0,
    addend: addendOf(addend, y),
    bias: bias ?? null,
    limited: Boolean(limits) && (innerLimit !== null || outerLimit !== null),
    rowsPerSequence,
    masked: Boolean(mask),
    gridShift: grid ? groupShift(wMatrix.columns, matrixOf(grid.shape).columns / 2) : null,
  };
}

function addendOf(addend: Tensor | null | undefined, y: Tensor): Problem['addend'] {
  if (y.alias) return addends.y;
  return addend ? addends.tensor : addends.none;
}
