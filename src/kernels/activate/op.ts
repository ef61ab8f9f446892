import type { Op } from '../../graph/op.ts';
import forward from '../../../shaders/activate.wgsl?raw';
import backward from '../../../shaders/activate_backward.wgsl?raw';
import { elementwise } from '../dispatch.ts';
import { activationCode, activations, type Activation } from './activations.ts';

export interface ActivateAttributes {
  readonly kind: Activation;
}

/** y = act(x), by element. */
export const activate: Op<ActivateAttributes> = {
  name: 'activate',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  vjp({ graph, node: { inputs, attributes }, gradients }) {
    return graph.apply(activateBackward, [inputs[0]!, gradients[0]!], attributes);
  },
  reference([x], [y], { kind }) {
    const { value } = activations[kind];
    x!.data.forEach((number: number, i: number) => (y!.data[i] = value(number)));
  },
  dispatches: ({ inputs, outputs, attributes: { kind } }) => [
    elementwise(kind, [activationCode[kind], forward], [...inputs, ...outputs], { workEach: 8 }),
  ],
};

/** Inputs: x, dy. Output: dx. */
const activateBackward: Op<ActivateAttributes> = {
  name: 'activate-backward',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  reference([x, dy], [dx], { kind }) {
    const { slope } = activations[kind];
    x!.data.forEach((number: number, i: number) => (dx!.data[i] = dy!.data[i]! * slope(number)));
  },
  dispatches: ({ inputs, outputs, attributes: { kind } }) => [
    elementwise(`${kind} backward`, [activationCode[kind], backward], [...inputs, ...outputs], {
      workEach: 12,
    }),
  ],
};
