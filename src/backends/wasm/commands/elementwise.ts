import { sizeOf } from '../../../graph/tensor.ts';
import type { DropoutAttributes } from '../../../kernels/dropout/op.ts';
import { f32, real, type Encoder, type KernelName } from './command.ts';

/** Of wasm/elementwise.ts. */
const kinds = ['silu', 'gelu', 'gelu-tanh', 'relu'];

/** wasm/elementwise.ts: all tensors of one size. `factor` finds the number that goes with it. */
const elementwise =
  (kernel: KernelName, factor: (attributes: Record<string, number>) => number = () => 0): Encoder =>
  ({ inputs, outputs, attributes }, address) => {
    if (!real(...inputs, ...outputs)) return null;
    const count = sizeOf(outputs[0]!.shape);
    return {
      kernel,
      words: [
        address(inputs[0]),
        address(inputs[1]),
        address(inputs[2]),
        address(outputs[0]),
        address(outputs[1]),
        count,
        Math.max(0, kinds.indexOf(attributes.kind as string)),
        f32(factor(attributes as Record<string, number>)),
      ],
      work: count,
    };
  };

export const addCommand = elementwise('add');
export const scaledCommand = elementwise('scaled', ({ factor }) => factor!);
export const softcapCommand = elementwise('softcap', ({ cap }) => cap!);
export const softcapBackwardCommand = elementwise('softcap-backward', ({ cap }) => cap!);
export const activateCommand = elementwise('activate');
export const activateBackwardCommand = elementwise('activate-backward');
export const gatedCommand = elementwise('gated');
export const gatedBackwardCommand = elementwise('gated-backward');

export const dropoutCommand: Encoder = ({ inputs: [x, seed], outputs: [y], attributes }, address) => {
  const { probability, stream, first = 0 } = attributes as unknown as DropoutAttributes;
  const count = sizeOf(x!.shape);
  return {
    kernel: 'dropout',
    words: [
      address(x),
      address(y),
      address(seed),
      count,
      Math.floor(probability * 2 ** 32),
      Math.imul(stream, 0x9e3779b9),
      f32(1 / (1 - probability)),
      first,
    ],
    work: count * 4,
  };
};
