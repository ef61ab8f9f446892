import type { Op } from '../../graph/op.ts';
import { matrixOf, type Tensor, type TensorSpec } from '../../graph/tensor.ts';
import { checkStart } from '../start.ts';
import { attentionVariants, backwardDispatches, forwardDispatches } from './dispatches.ts';
import { attentionBackwardReference, attentionReference } from './op.reference.ts';

export interface AttentionAttributes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly queriesPerSequence: number;
  /** Rows of k and v a sequence: as many as queries, or the capacity of a KV cache. */
  readonly keysPerSequence: number;
  readonly scale: number;
  /** The query at position i sees the keys j with i − window < j ≤ i; null: all up to i. */
  readonly window?: number | null;
  /** Scores s (scaled, before masking) become c·tanh(s/c); null: they stay. */
  readonly softcap?: number | null;
}

/**
 * Causal grouped-query attention with an online softmax: query t, at position start + t, sees keys 0 … start + t, or
 * the last `window` of them. Inputs: q [rows, heads·d], k and v [rows, kvHeads·d] or caches of them
 * [sequences·keysPerSequence, kvHeads·d], start (kernels/start.ts).
 * Outputs: the mix [rows, heads·d], and log Σ exp of the scores [rows, heads] for the backward pass.
 */
export const attention: Op<AttentionAttributes> = {
  name: 'attention',
  infer([q, k, v, start], attributes) {
    const { rows } = matrixOf(q!.shape);
    const { heads, queriesPerSequence } = attributes;
    checkShapes(q!, [k!, v!], attributes);
    checkStart(start, rows / queriesPerSequence);
    return [
      { dtype: 'f32', shape: q!.shape },
      { dtype: 'f32', shape: [rows, heads] },
    ];
  },
  vjp({ graph, node, gradients }) {
    const [q, k, v, start] = node.inputs as Tensor[];
    if (start) throw new Error('attention over a cache has no derivative');
    const [y, lse] = node.outputs as Tensor[];
    const [dq, dk, dv] = graph.apply(
      attentionBackward,
      [q!, k!, v!, y!, lse!, gradients[0]!],
      node.attributes,
    );
    return [dq!, dk!, dv!, null];
  },
  reference: attentionReference,
  variants: attentionVariants,
  dispatches: forwardDispatches,
};

function checkShapes(q: TensorSpec, keys: readonly TensorSpec[], a: AttentionAttributes): void {
  const { rows, columns } = matrixOf(q.shape);
  const sequences = rows / a.queriesPerSequence;
  const fits = ({ shape }: TensorSpec) =>
    shape[0] === sequences * a.keysPerSequence && shape[1] === a.kvHeads * a.headDim;
  if (columns !== a.heads * a.headDim || a.heads % a.kvHeads !== 0 || !keys.every(fits))
    throw new Error(`attention: keys [${keys[0]!.shape.join()}] do not fit queries [${q.shape.join()}]`);
  if ((a.window ?? 1) < 1 || (a.softcap ?? 1) <= 0) throw new Error('attention: window or softcap too small');
}

/** Inputs: q, k, v, y, lse, dy. Outputs: dq, dk, dv, and scratch [rows, heads]: Σ dy·y. */
const attentionBackward: Op<AttentionAttributes> = {
  name: 'attention-backward',
  infer: ([q, k, , , lse]) => [
    { dtype: 'f32', shape: q!.shape },
    { dtype: 'f32', shape: k!.shape },
    { dtype: 'f32', shape: k!.shape },
    { dtype: 'f32', shape: lse!.shape },
  ],
  reference: attentionBackwardReference,
  variants: attentionVariants,
  dispatches: backwardDispatches,
};
