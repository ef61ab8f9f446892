import type { Dispatch, Op } from '../../graph/op.ts';
import { matrixOf, type Tensor } from '../../graph/tensor.ts';
import partScalar from '../../../shaders/part_scalar.wgsl?raw';
import partVec4 from '../../../shaders/part_vec4.wgsl?raw';
import shapeCode from '../../../shaders/attention_shape.wgsl?raw';
import forward from '../../../shaders/attention.wgsl?raw';
import backwardQuery from '../../../shaders/attention_backward_query.wgsl?raw';
import backwardKey from '../../../shaders/attention_backward_key.wgsl?raw';
import { f32, flag, flatIndex, threads, u32 } from '../dispatch.ts';
import { attentionBackwardReference, attentionReference } from './op.reference.ts';

export interface AttentionAttributes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly queriesPerSequence: number;
  /** Rows of k and v a sequence: as many as queries, or the capacity of a KV cache. */
  readonly keysPerSequence: number;
  readonly scale: number;
}

/**
 * Causal grouped-query attention with an online softmax: query t (at position start + t) sees keys 0 … start + t.
 * Inputs: q [rows, heads·d], k and v [rows, kvHeads·d], start i32 [1] or null.
 * Outputs: the mix [rows, heads·d], and log Σ exp of the scores [rows, heads] for the backward pass.
 */
export const attention: Op<AttentionAttributes> = {
  name: 'attention',
  infer([q], { heads }) {
    const { rows } = matrixOf(q!.shape);
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
        ...common('attention', forward, attributes, rows, Boolean(start)),
        bindings: [q!, k!, v!, start ?? null, y!, lse!],
        workgroups: threads(rows * attributes.heads),
        work: rows * attributes.heads * attributes.keysPerSequence * attributes.headDim,
      },
    ];
  },
};

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
        ...common('attention backward, queries', backwardQuery, attributes, rows, false),
        bindings: [q!, k!, v!, y!, lse!, dy!, dq!, along!],
        workgroups: threads(rows * attributes.heads),
        work,
      },
      {
        ...common('attention backward, keys', backwardKey, attributes, keys, false),
        bindings: [q!, k!, v!, lse!, dy!, along!, dk!, dv!],
        workgroups: threads(keys * attributes.kvHeads),
        work,
      },
    ];
  },
};

function common(
  label: string,
  code: string,
  a: AttentionAttributes,
  rows: number,
  hasStart: boolean,
): Pick<Dispatch, 'label' | 'code' | 'constants' | 'uniforms'> {
  return {
    label,
    code: [flatIndex, a.headDim % 4 === 0 ? partVec4 : partScalar, shapeCode, code],
    constants: { HEAD_DIM: a.headDim },
    uniforms: [
      u32(rows),
      u32(a.heads),
      u32(a.kvHeads),
      u32(a.queriesPerSequence),
      u32(a.keysPerSequence),
      f32(a.scale),
      flag(hasStart),
    ],
  };
}
