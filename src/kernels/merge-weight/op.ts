import type { Op, VjpContext } from '../../graph/op.ts';
import { matrixOf, type Shape, type Tensor, type TensorSpec } from '../../graph/tensor.ts';
import type { FloatDtype } from '../../lib/half.ts';
import { checkGrid } from '../int4.ts';
import { matmul } from '../matmul/op.ts';
import { mergeWeightDispatches } from './dispatches.ts';
import { maskElements } from '../mask-elements/op.ts';
import { mergeWeightReference } from './op.reference.ts';

export interface MergeWeightAttributes {
  /** s = α / r_max, whatever the active rank. */
  readonly scale: number;
  /** Column of the limits that holds the active rank ρ; its row 0 counts: one sub-network a micro-batch. */
  readonly group: number | null;
  /** What the merged weight is stored in: the dtype that will be shipped. */
  readonly dtype: FloatDtype | 'i4';
}

/**
 * The merged weight of SparsePEFT (W ⊙ M + s·(B_ρ A_ρ) ⊙ M) and, as INT4 codes, of QA-SparsePEFT
 * (clamp(round(that / δ) + z, 0, 15), Eq. 3): METHODS §7. Made inside the forward pass, in the dtype that ships, so that
 * merging afterwards loses nothing.
 *
 * Inputs: W [out, in] (frozen), mask u32 [out, ⌈in/32⌉] (1 keeps) or null, A f32 [r, in], B f32 [out, r], limits
 * i32 [sequences, groups] or null, grid f32 [out, 2 · groups] (`i4` only). Output [out, in].
 *
 * What the mask took is exactly zero; 16-bit floats are rounded to nearest even, as everywhere on the host.
 */
export const mergeWeight: Op<MergeWeightAttributes> = {
  name: 'merge-weight',
  infer(inputs, attributes) {
    checkInputs(inputs, attributes);
    return [{ dtype: attributes.dtype, shape: inputs[0]!.shape }];
  },
  vjp: mergeWeightVjp,
  reference: (inputs, [y], attributes) => mergeWeightReference(inputs, y!, attributes),
  dispatches: mergeWeightDispatches,
};

type Inputs = readonly (TensorSpec | null)[];

function checkInputs([w, mask, a, b, limits, grid]: Inputs, { group, dtype }: MergeWeightAttributes): void {
  const { rows, columns } = matrixOf(w!.shape);
  const rank = matrixOf(a!.shape).rows;
  expectShape('A', a!.shape, [rank, columns]);
  expectShape('B', b!.shape, [rows, rank]);
  if (mask) expectShape('mask', mask.shape, [rows, Math.ceil(columns / 32)]);
  if (group !== null && !limits) throw new Error('merge-weight: an elastic rank needs limits');
  if ((dtype === 'i4') !== (grid !== null && grid !== undefined))
    throw new Error('merge-weight: INT4 codes, and nothing else, need a grid');
  if (grid) checkGrid(w!, grid);
}

function expectShape(name: string, shape: Shape, expected: Shape): void {
  if (String(shape) === String(expected)) return;
  throw new Error(`merge-weight: ${name} is [${shape.join()}], not [${expected.join()}]`);
}

/**
 * Straight-through: the gradient of what is stored is that of v, also beyond the clamp. G = dŴ ⊙ M, dB = s·G A_ρᵀ,
 * dA = s·B_ρᵀ G; rows and columns beyond ρ are zero.
 */
function mergeWeightVjp({
  graph,
  node: { inputs, attributes },
  gradients,
  needs,
}: VjpContext<MergeWeightAttributes>): (Tensor | null)[] {
  const [w, mask, a, b, limits] = inputs as (Tensor | null)[];
  const { scale, group } = attributes;
  const incoming = gradients[0]!;
  const g = mask ? graph.apply(maskElements, [incoming, mask], {})[0]! : incoming;
  // All rows of these products belong to one sequence: row 0 of the limits.
  const shared = { scale, rowsPerSequence: matrixOf(w!.shape).rows };
  const active = group === null ? null : limits!;
  const da = needs(2)
    ? graph.apply(matmul, [b!, g, null, null, active, null], {
        ...shared,
        orientation: 'tn',
        innerLimit: group,
        outerLimit: null,
      })[0]!
    : null;
  const db = needs(3)
    ? graph.apply(matmul, [g, a!, null, null, active, null], {
        ...shared,
        orientation: 'nt',
        innerLimit: null,
        outerLimit: group,
      })[0]!
    : null;
  return [null, null, da, db, null, null];
}
