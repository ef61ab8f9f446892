import type { Dispatch, Op } from '../../graph/op.ts';
import { matrixOf, type Tensor, type TensorSpec } from '../../graph/tensor.ts';
import partScalar from '../../../shaders/part_scalar.wgsl?raw';
import partVec4 from '../../../shaders/part_vec4.wgsl?raw';
import capNone from '../../../shaders/cap_none.wgsl?raw';
import capTanh from '../../../shaders/cap_tanh.wgsl?raw';
import shapeCode from '../../../shaders/attention_shape.wgsl?raw';
import forward from '../../../shaders/attention.wgsl?raw';
import backwardQuery from '../../../shaders/attention_backward_query.wgsl?raw';
import backwardKey from '../../../shaders/attention_backward_key.wgsl?raw';
import { f32, flatIndex, threads, u32 } from '../dispatch.ts';
import { checkStart, startCode, startCount } from '../start.ts';
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
  dispatches({ inputs: [q, k, v, start], outputs: [y, lse], attributes }) {
    const { rows } = matrixOf(q!.shape);
    return [
      {
        ...common('attention', attributes, rows, start),
        code: [startCode, ...codeOf(forward, attributes)],
        bindings: [q!, k!, v!, start ?? null, y!, lse!],
        workgroups: threads(rows * attributes.heads),
        work: rows * attributes.heads * attributes.keysPerSequence * attributes.headDim,
      },
    ];
  },
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
  dispatches({ inputs: [q, k, v, y, lse, dy], outputs: [dq, dk, dv, along], attributes }) {
    const rows = matrixOf(q!.shape).rows;
    const keys = matrixOf(k!.shape).rows;
    const work = rows * attributes.heads * attributes.keysPerSequence * attributes.headDim * 2;
    return [
      {
        ...common('attention backward, queries', attributes, rows),
        code: codeOf(backwardQuery, attributes),
        bindings: [q!, k!, v!, y!, lse!, dy!, dq!, along!],
        workgroups: threads(rows * attributes.heads),
        work,
      },
      {
        ...common('attention backward, keys', attributes, keys),
        code: codeOf(backwardKey, attributes),
        bindings: [q!, k!, v!, lse!, dy!, along!, dk!, dv!],
        workgroups: threads(keys * attributes.kvHeads),
        work,
      },
    ];
  },
};

function common(
  label: string,
  a: AttentionAttributes,
  rows: number,
  start: Tensor | null = null,
): Pick<Dispatch, 'label' | 'constants' | 'uniforms'> {
  return {
    label,
    constants: { HEAD_DIM: a.headDim },
    uniforms: [
      u32(rows),
      u32(a.heads),
      u32(a.kvHeads),
      u32(a.queriesPerSequence),
      u32(a.keysPerSequence),
      f32(a.scale),
      u32(a.window ?? a.keysPerSequence),
      f32(a.softcap ?? 0),
      startCount(start),
    ],
  };
}

const codeOf = (code: string, { headDim, softcap }: AttentionAttributes): string[] => [
  flatIndex,
  headDim % 4 === 0 ? partVec4 : partScalar,
  shapeCode,
  softcap ? capTanh : capNone,
  code,
];
