import type { Op } from '../../graph/op.ts';
import cappedCode from '../../../shaders/softcap.wgsl?raw';
import cappedBackward from '../../../shaders/softcap_backward.wgsl?raw';
import scaledCode from '../../../shaders/scaled.wgsl?raw';
import { elementwise, f32 } from '../dispatch.ts';

/** y = factor · x: Gemma's embeddings. */
export const scaled: Op<{ factor: number }> = {
  name: 'scaled',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  vjp: ({ graph, node, gradients }) => graph.apply(scaled, [gradients[0]!], node.attributes),
  reference([x], [y], { factor }) {
    x!.data.forEach((value: number, i: number) => (y!.data[i] = factor * value));
  },
  dispatches: ({ inputs, outputs, attributes: { factor } }) => [
    elementwise('scaled', [scaledCode], [...inputs, ...outputs], { uniforms: [f32(factor)] }),
  ],
};

interface SoftcapAttributes {
  readonly cap: number;
}

/** y = cap · tanh(x / cap): Gemma 2's logits. */
export const softcap: Op<SoftcapAttributes> = {
  name: 'softcap',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  vjp: ({ graph, node, gradients }) =>
    graph.apply(softcapBackward, [node.outputs[0]!, gradients[0]!], node.attributes),
  reference([x], [y], { cap }) {
    x!.data.forEach((value: number, i: number) => (y!.data[i] = cap * Math.tanh(value / cap)));
  },
  dispatches: ({ inputs, outputs, attributes: { cap } }) => [
    elementwise('softcap', [cappedCode], [...inputs, ...outputs], { uniforms: [f32(cap)], workEach: 8 }),
  ],
};

/** Inputs: y, dy. Output: dx. */
const softcapBackward: Op<SoftcapAttributes> = {
  name: 'softcap-backward',
  infer: ([y]) => [{ dtype: 'f32', shape: y!.shape }],
  reference([y, dy], [dx], { cap }) {
    y!.data.forEach((value: number, i: number) => (dx!.data[i] = dy!.data[i]! * (1 - (value / cap) ** 2)));
  },
  dispatches: ({ inputs, outputs, attributes: { cap } }) => [
    elementwise('softcap backward', [cappedBackward], [...inputs, ...outputs], {
      uniforms: [f32(cap)],
      workEach: 2,
    }),
  ],
};
