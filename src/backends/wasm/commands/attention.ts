import { matrixOf, type Tensor } from '../../../graph/tensor.ts';
import type { AttentionAttributes } from '../../../kernels/attention/op.ts';
import { f32, startWords, type AddressOf, type Command, type Encoder } from './command.ts';

interface Operands {
  readonly inputs: readonly (Tensor | null | undefined)[];
  readonly outputs: readonly (Tensor | null | undefined)[];
}

/** wasm/attention.ts: one struct for both passes; outputs and gradients that a pass has not are 0. */
function words(
  { inputs: [q, k, v, start], outputs: [y, lse, dy, dq, dk, dv, along] }: Operands,
  a: AttentionAttributes,
  address: AddressOf,
): number[] {
  return [
    ...[q, k, v].map(address),
    ...startWords(start, address),
    ...[y, lse, dy, dq, dk, dv, along].map(address),
    matrixOf(q!.shape).rows / a.queriesPerSequence,
    a.heads,
    a.kvHeads,
    a.headDim,
    a.queriesPerSequence,
    a.keysPerSequence,
    f32(a.scale),
    a.window ?? a.keysPerSequence,
    f32(a.softcap ?? 0),
  ];
}

/** Floats of scratch: of a head, its keys turned and as rows, and the scores of a query. */
function sizes({ keysPerSequence, headDim }: AttentionAttributes) {
  const width = Math.ceil(keysPerSequence / 16) * 16;
  const padded = Math.ceil(headDim / 4) * 4;
  return { turned: width * headDim, rows: keysPerSequence * padded, scores: width, row: padded };
}

const workOf = (q: Tensor, a: AttentionAttributes) =>
  matrixOf(q.shape).rows * a.heads * a.keysPerSequence * a.headDim;

export const attentionCommand: Encoder = ({ inputs, outputs, attributes }, address): Command => {
  const a = attributes as unknown as AttentionAttributes;
  const { turned, rows, scores } = sizes(a);
  return {
    kernel: 'attention',
    words: words({ inputs, outputs }, a, address),
    scratch: 4 * (turned + rows + scores) + 64,
    work: workOf(inputs[0]!, a),
  };
};

export const attentionBackwardCommand: Encoder = ({ inputs, outputs, attributes }, address): Command => {
  const a = attributes as unknown as AttentionAttributes;
  const [q, k, v, y, lse, dy] = inputs;
  const { turned, rows, scores, row } = sizes(a);
  return {
    kernel: 'attention-backward',
    words: words({ inputs: [q, k, v, null], outputs: [y, lse, dy, ...outputs] }, a, address),
    scratch: 4 * (2 * turned + 3 * rows + 2 * scores + 2 * row) + 64,
    work: 3 * workOf(q!, a),
  };
};
