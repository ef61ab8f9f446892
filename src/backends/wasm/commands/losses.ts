import { matrixOf, sizeOf } from '../../../graph/tensor.ts';
import type { Encoder } from './command.ts';

/** wasm/losses.ts, `CrossEntropy`: of each pass, what it has. */
export const crossEntropyCommand: Encoder = (
  { inputs: [logits, targets], outputs: [loss, lse, correct] },
  address,
) => {
  const { rows, columns } = matrixOf(logits!.shape);
  return {
    kernel: 'cross-entropy',
    words: [...[logits, targets, loss, lse, correct].map(address), 0, 0, rows, columns],
    work: rows * columns * 4,
  };
};

export const crossEntropyBackwardCommand: Encoder = (
  { inputs: [logits, targets, lse, dLoss], outputs: [dLogits] },
  address,
) => {
  const { rows, columns } = matrixOf(logits!.shape);
  return {
    kernel: 'cross-entropy-backward',
    words: [
      ...[logits, targets, null, lse, null].map(address),
      address(dLoss),
      address(dLogits),
      rows,
      columns,
    ],
    work: rows * columns * 4,
  };
};

export const dotCommand: Encoder = ({ inputs: [a, b], outputs: [y] }, address) => ({
  kernel: 'dot',
  words: [address(a), address(b), address(y), sizeOf(a!.shape)],
  work: sizeOf(a!.shape),
});
