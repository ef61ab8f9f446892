import type { HostTensor } from '../../graph/op.ts';
import { firstPosition } from '../start.ts';
import type { AttentionAttributes } from './op.ts';

type Tensors = readonly (HostTensor | null)[];

/** One query row and head, and the keys that it sees: rows `first` to before `end` of its sequence. */
interface Query {
  readonly row: number;
  readonly head: number;
  /** Index of the first element of the query. */
  readonly q: number;
  /** Row of the sequence's first key. */
  readonly keyRow: number;
  /** Column of the key's head. */
  readonly kv: number;
  readonly first: number;
  readonly end: number;
}

function eachQuery(
  q: HostTensor,
  start: HostTensor | null | undefined,
  a: AttentionAttributes,
  visit: (query: Query) => void,
): void {
  const rows = q.data.length / (a.heads * a.headDim);
  for (let row = 0; row < rows; row++) {
    const sequence = Math.floor(row / a.queriesPerSequence);
    const position = firstPosition(start, sequence) + (row % a.queriesPerSequence);
    const end = Math.min(Math.max(position + 1, 1), a.keysPerSequence);
    for (let head = 0; head < a.heads; head++) {
      visit({
        row,
        head,
        q: (row * a.heads + head) * a.headDim,
        keyRow: sequence * a.keysPerSequence,
        kv: Math.floor(head / (a.heads / a.kvHeads)) * a.headDim,
        first: Math.max(0, end - (a.window ?? end)),
        end,
      });
    }
  }
}

const dot = (a: HostTensor, i: number, b: HostTensor, j: number, n: number) => {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += a.data[i + k]! * b.data[j + k]!;
  return sum;
};

/** Scores of the keys that a query sees, where each key begins, and their softmax. */
function attend(q: HostTensor, k: HostTensor, a: AttentionAttributes, at: Query) {
  const keys = Array.from(
    { length: at.end - at.first },
    (_, j) => (at.keyRow + at.first + j) * a.kvHeads * a.headDim + at.kv,
  );
  const scores = keys.map((key) => {
    const score = a.scale * dot(q, at.q, k, key, a.headDim);
    return a.softcap ? a.softcap * Math.tanh(score / a.softcap) : score;
  });
  const top = Math.max(...scores);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
  return { keys, scores, top, total, share: scores.map((score) => Math.exp(score - top) / total) };
}

export function attentionReference(
  [q, k, v, start]: Tensors,
  [y, lse]: readonly HostTensor[],
  a: AttentionAttributes,
): void {
  eachQuery(q!, start, a, (at) => {
    const { keys, share, top, total } = attend(q!, k!, a, at);
    lse!.data[at.row * a.heads + at.head] = top + Math.log(total);
    for (let d = 0; d < a.headDim; d++) {
      let mix = 0;
      share.forEach((p, j) => (mix += p * v!.data[keys[j]! + d]!));
      y!.data[at.q + d] = mix;
    }
  });
}

export function attentionBackwardReference(
  [q, k, v, , , dy]: Tensors,
  [dq, dk, dv, along]: readonly HostTensor[],
  a: AttentionAttributes,
): void {
  dk!.data.fill(0);
  dv!.data.fill(0);
  const sumDq = new Float64Array(dq!.data.length);
  const sumDk = new Float64Array(dk!.data.length);
  const sumDv = new Float64Array(dv!.data.length);
  eachQuery(q!, null, a, (at) => {
    const { keys, scores, share } = attend(q!, k!, a, at);
    const pull = keys.map((key) => dot(dy!, at.q, v!, key, a.headDim));
    const mean = share.reduce((sum, p, j) => sum + p * pull[j]!, 0);
    along!.data[at.row * a.heads + at.head] = mean;
    share.forEach((p, j) => {
      const cap = a.softcap ? 1 - (scores[j]! / a.softcap) ** 2 : 1;
      const slope = p * (pull[j]! - mean) * cap * a.scale;
      for (let d = 0; d < a.headDim; d++) {
        sumDq[at.q + d]! += slope * k!.data[keys[j]! + d]!;
        sumDk[keys[j]! + d]! += slope * q!.data[at.q + d]!;
        sumDv[keys[j]! + d]! += p * dy!.data[at.q + d]!;
      }
    });
  });
  dq!.data.set(sumDq);
  dk!.data.set(sumDk);
  dv!.data.set(sumDv);
}
