import { sizeOf } from '../../../graph/tensor.ts';
import type { AdamWAttributes } from '../../../kernels/adamw/op.ts';
import { f32, real, type Encoder } from './command.ts';

export const adamwCommand: Encoder = ({ inputs, attributes }, address) => {
  const { beta1, beta2, epsilon } = attributes as unknown as AdamWAttributes;
  const count = sizeOf(inputs[0]!.shape);
  if (!real(...inputs)) return null;
  return {
    kernel: 'adamw',
    // 1 − β₂ in f32 would be off by 5e-5.
    words: [...inputs.map(address), count, ...[beta1, beta2, epsilon, 1 - beta1, 1 - beta2].map(f32)],
    work: count * 10,
  };
};

export const clipScaleCommand: Encoder = ({ inputs, outputs: [factor], attributes }, address) => ({
  kernel: 'clip-scale',
  words: [
    address(factor),
    f32((attributes as { maximum: number }).maximum),
    inputs.length,
    ...inputs.flatMap((gradient) => [address(gradient), sizeOf(gradient!.shape)]),
  ],
  work: inputs.reduce((sum, gradient) => sum + sizeOf(gradient!.shape), 0),
});
