import type { Op } from '../../graph/op.ts';
import forward from '../../../shaders/gated.wgsl?raw';
import backward from '../../../shaders/gated_backward.wgsl?raw';
import { activationCode, activations } from '../activate/activations.ts';
import type { ActivateAttributes } from '../activate/op.ts';
import { elementwise } from '../dispatch.ts';

/**
 * y = act(gate) · up: SwiGLU (silu), GeGLU (gelu, gelu-tanh). A channel cut to zero in gate and up stays zero, and so do
 * its gradients.
 */
export const gated: Op<ActivateAttributes> = {
  name: 'gated',
  infer: ([gate]) => [{ dtype: 'f32', shape: gate!.shape }],
  vjp({ graph, node: { inputs, attributes }, gradients }) {
    return graph.apply(gatedBackward, [inputs[0]!, inputs[1]!, gradients[0]!], attributes);
  },
  reference([gate, up], [y], { kind }) {
    const { value } = activations[kind];
    gate!.data.forEach((g: number, i: number) => (y!.data[i] = value(g) * up!.data[i]!));
  },
  dispatches: ({ inputs, outputs, attributes: { kind } }) => [
    elementwise(`gated ${kind}`, [activationCode[kind], forward], [...inputs, ...outputs], { workEach: 4 }),
  ],
};

/** Inputs: gate, up, dy. Outputs: d gate, d up. */
const gatedBackward: Op<ActivateAttributes> = {
  name: 'gated-backward',
  infer: ([gate]) => [
    { dtype: 'f32', shape: gate!.shape },
    { dtype: 'f32', shape: gate!.shape },
  ],
  reference([gate, up, dy], [dGate, dUp], { kind }) {
    const { value, slope } = activations[kind];
    gate!.data.forEach((g: number, i: number) => {
      dGate!.data[i] = dy!.data[i]! * up!.data[i]! * slope(g);
      dUp!.data[i] = dy!.data[i]! * value(g);
    });
  },
  dispatches: ({ inputs, outputs, attributes: { kind } }) => [
    elementwise(`gated ${kind} backward`, [activationCode[kind], backward], [...inputs, ...outputs], {
      workEach: 8,
    }),
  ],
};
