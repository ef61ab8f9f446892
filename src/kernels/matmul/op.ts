import type { Op, VjpContext } from '../../graph/op.ts';
import { matrixOf, type Shape, type Tensor, type TensorSpec } from '../../graph/tensor.ts';
import { checkGrid } from '../int4.ts';
import { activeColumns } from '../limits.ts';
import { matmulDispatches } from './dispatches.ts';
import { matmulReference } from './op.reference.ts';
import { matmulVariants } from './variants.ts';

/**
 * `nt`: Y[m,n] = Σₖ X[m,k]·W[n,k] (a linear module). `nn`: Y[m,n] = Σₖ X[m,k]·W[k,n] (its input gradient).
 * `tn`: Y[m,n] = Σₖ X[k,m]·W[k,n] (its weight gradient; k runs over tokens).
 */
export type Orientation = 'nt' | 'nn' | 'tn';

export interface MatmulAttributes {
  readonly orientation: Orientation;
  /** Multiplies the product (the adapter scale s = α / r_max). */
  readonly scale: number;
  /** Group that limits the columns of X (`nt`, `nn`: the inner sum; `tn`: the rows of Y), by sequence. */
  readonly innerLimit: number | null;
  /** Group that limits the columns of the product (`nt`, `nn`: of Y; `tn`: of W), by sequence. Columns beyond are 0. */
  readonly outerLimit: number | null;
  readonly rowsPerSequence: number;
}

/**
 * Inputs: X, W, addend (added as it is, unlimited), bias [n] (any float dtype; limited), limits, element mask (bits of W, `nt`/`nn`), and
 * the grid of a W that is INT4 codes (`nt`/`nn`; kernels/int4.ts). Codes hold their zeros themselves and take no mask.
 */
export const matmul: Op<MatmulAttributes> = {
  name: 'matmul',
  infer([x, w, addend, , , mask, grid], attributes) {
    checkWeight(w!, mask, grid, attributes.orientation);
    const shape = productShape(x!, w!, attributes.orientation);
    if (addend && !sameMatrix(addend.shape, shape)) throw new Error('matmul: addend does not fit');
    return [{ dtype: 'f32', shape }];
  },
  vjp: matmulVjp,
  reference: (inputs, [y], attributes) => matmulReference(inputs, y!, attributes, activeColumns),
  variants: matmulVariants,
  dispatches: matmulDispatches,
};

/** Adds the product in place to its third input, which must be stored: sums that are too large to be held twice. */
export const matmulInto: Op<MatmulAttributes> = {
  name: 'matmul-into',
  inPlace: [2],
  infer: (inputs, attributes) => matmul.infer(inputs, attributes),
  reference: (inputs, [y], attributes) => matmulReference(inputs, y!, attributes, activeColumns),
  variants: matmulVariants,
  dispatches: matmulDispatches,
};

function checkWeight(
  w: TensorSpec,
  mask: TensorSpec | null | undefined,
  grid: TensorSpec | null | undefined,
  orientation: Orientation,
): void {
  if (mask && orientation === 'tn') throw new Error('matmul tn: activations take no element mask');
  if (w.dtype !== 'i4') {
    if (grid) throw new Error(`matmul: a weight of ${w.dtype} has no grid`);
    return;
  }
  if (orientation === 'tn') throw new Error('matmul tn: INT4 codes are no activations');
  if (!grid) throw new Error('matmul: INT4 codes need their grid');
  if (mask) throw new Error('matmul: INT4 codes hold their zeros themselves and take no element mask');
  checkGrid(w, grid);
}

function sameMatrix(a: Shape, b: Shape): boolean {
  const [m, n] = [matrixOf(a), matrixOf(b)];
  return m.rows === n.rows && m.columns === n.columns;
}

function productShape(x: TensorSpec, w: TensorSpec, orientation: Orientation): number[] {
  const a = matrixOf(x.shape);
  const b = matrixOf(w.shape);
  const inner =
    orientation === 'tn' ? [a.rows, b.rows] : [a.columns, orientation === 'nt' ? b.columns : b.rows];
  if (inner[0] !== inner[1]) {
    throw new Error(`matmul ${orientation}: inner sizes differ, [${x.shape.join()}] and [${w.shape.join()}]`);
  }
  if (orientation === 'tn') return [a.columns, b.columns];
  return [...x.shape.slice(0, -1), orientation === 'nt' ? b.rows : b.columns];
}

/**
 * dX of `nt` is `nn` with the limits exchanged, and the other way round; dW sums over tokens. Limits are exact:
 * what a forward column beyond its limit never saw gets no gradient. The gradient of a weight that is computed in 16 or
 * 4 bits is that of the number it stands for (straight-through), f32; a grid gets none.
 */
function matmulVjp({ graph, node, gradients, needs }: VjpContext<MatmulAttributes>): (Tensor | null)[] {
  const [x, w, addend, , limits, mask, grid] = node.inputs as (Tensor | null)[];
  const dy = gradients[0]!;
  const { orientation, scale, innerLimit, outerLimit, rowsPerSequence } = node.attributes;
  if (orientation === 'tn') throw new Error('matmul tn has no derivative');
  if (needs(3)) throw new Error('matmul: biases are frozen');
  const swapped = { scale, innerLimit: outerLimit, outerLimit: innerLimit, rowsPerSequence };
  const flipped = orientation === 'nt' ? 'nn' : 'nt';
  const dx = needs(0)
    ? graph.apply(matmul, [dy, w!, null, null, limits!, mask!, grid ?? null], {
        orientation: flipped,
        ...swapped,
      })[0]!
    : null;
  let dw: Tensor | null = null;
  if (needs(1)) {
    if (mask) throw new Error('matmul: a masked weight is frozen');
    const pair = orientation === 'nt' ? [dy, x!] : [x!, dy];
    const order = orientation === 'nt' ? swapped : { scale, innerLimit, outerLimit, rowsPerSequence };
    dw = graph.apply(matmul, [...pair, null, null, limits!, null], { orientation: 'tn', ...order })[0]!;
  }
  return [dx, dw, addend && needs(2) ? dy : null, null, null, null, null];
}
