import type { HostTensor } from '../../graph/op.ts';
import type { AttentionAttributes } from './op.ts';

type Tensors = readonly (HostTensor | null)[];

/** Calls back once for every query row and head with what it needs to find its keys. */
function eachQuery(
  q: HostTensor,
  a: AttentionAttributes,
  visit: (at: {
    row: number;
    head: number;
    q: number;
    keyRow: number;
    kv: number;
    keys: (start: number) => number;
  }) => void,
): void {
  const rows = q.data.length / (a.heads * a.headDim);
  for (let row = 0; row < rows; row++) {
    const sequence = Math.floor(row / a.queriesPerSequence);
    for (let head = 0; head < a.heads; head++) {
      visit({
        row,
        head,
        q: (row * a.heads + head) * a.headDim,
        keyRow: sequence * a.keysPerSequence,
        kv: Math.floor(head / (a.heads / a.kvHeads)) * a.headDim,
        keys: (start) => Math.min(start + (row % a.queriesPerSequence) + 1, a.keysPerSequence),
      });
    }
  }
}

const dot = (a: HostTensor, i: number, b: HostTensor, j: number, n: number) => {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += a.data[i + k]! * b.data[j + k]!;
  return sum;
};

export function attentionReference(
  [q, k, v, start]: Tensors,
  [y, lse]: readonly HostTensor[],
  a: AttentionAttributes,
): void {
  const stride = a.kvHeads * a.headDim;
  eachQuery(q!, a, ({ row, head, q: at, keyRow, kv, keys }) => {
    const count = keys(start?.data[0] ?? 0);
    const scores = Array.from(
      { length: count },
      (_, j) => a.scale * dot(q!, at, k!, (keyRow + j) * stride + kv, a.headDim),
    );
    const top = Math.max(...scores);
    const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
    lse!.data[row * a.heads + head] = top + Math.log(total);
    for (let d = 0; d < a.headDim; d++) {
      let mix = 0;
      scores.forEach(
        (score, j) => (mix += (Math.exp(score - top) / total) * v!.data[(keyRow + j) * stride + kv + d]!),
      );
      y!.data[at + d] = mix;
    }
  });
}

export function attentionBackwardReference(
  [q, k, v, , , dy]: Tensors,
  [dq, dk, dv, along]: readonly HostTensor[],
  a: AttentionAttributes,
): void {
  const stride = a.kvHeads * a.headDim;
  dk!.data.fill(0);
  dv!.data.fill(0);
  const sumDq = new Float64Array(dq!.data.length);
  const sumDk = new Float64Array(dk!.data.length);
  const sumDv = new Float64Array(dv!.data.length);
  eachQuery(q!, a, ({ row, head, q: at, keyRow, kv, keys }) => {
    const count = keys(0);
    const key = (j: number) => (keyRow + j) * stride + kv;
    const scores = Array.from({ length: count }, (_, j) => a.scale * dot(q!, at, k!, key(j), a.headDim));
    const top = Math.max(...scores);
    const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
    const share = scores.map((score) => Math.exp(score - top) / total);
    const pull = share.map((_, j) => dot(dy!, at, v!, key(j), a.headDim));
    const mean = share.reduce((sum, p, j) => sum + p * pull[j]!, 0);
    along!.data[row * a.heads + head] = mean;
    share.forEach((p, j) => {
      const slope = p * (pull[j]! - mean) * a.scale;
      for (let d = 0; d < a.headDim; d++) {
        sumDq[at + d]! += slope * k!.data[key(j) + d]!;
        sumDk[key(j) + d]! += slope * q!.data[at + d]!;
        sumDv[key(j) + d]! += p * dy!.data[at + d]!;
      }
    });
  });
  dq!.data.set(sumDq);
  dk!.data.set(sumDk);
  dv!.data.set(sumDv);
}
