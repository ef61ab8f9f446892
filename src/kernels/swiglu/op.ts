import type { NoAttributes, Op } from '../../graph/op.ts';
import { sizeOf } from '../../graph/tensor.ts';
import forward from '../../../shaders/swiglu.wgsl?raw';
import backward from '../../../shaders/swiglu_backward.wgsl?raw';
import { flatIndex, threads, u32 } from '../dispatch.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** y = silu(gate) · up. A channel cut to zero in gate and up stays zero, and so do its gradients. */
export const swiglu: Op<NoAttributes> = {
  name: 'swiglu',
  infer: ([gate]) => [{ dtype: 'f32', shape: gate!.shape }],
  vjp({ graph, node: { inputs }, gradients }) {
    return graph.apply(swigluBackward, [inputs[0]!, inputs[1]!, gradients[0]!], {});
  },
  reference([gate, up], [y]) {
    gate!.data.forEach((g: number, i: number) => (y!.data[i] = g * sigmoid(g) * up!.data[i]!));
  },
  dispatches({ inputs: [gate, up], outputs: [y] }) {
    const count = sizeOf(y!.shape);
    return [
      {
        label: 'swiglu',
        code: [flatIndex, forward],
        uniforms: [u32(count)],
        bindings: [gate!, up!, y!],
        workgroups: threads(count),
        work: count * 4,
      },
    ];
  },
};

/** Inputs: gate, up, dy. Outputs: d gate, d up. */
const swigluBackward: Op<NoAttributes> = {
  name: 'swiglu-backward',
  infer: ([gate]) => [
    { dtype: 'f32', shape: gate!.shape },
    { dtype: 'f32', shape: gate!.shape },
  ],
  reference([gate, up, dy], [dGate, dUp]) {
    gate!.data.forEach((g: number, i: number) => {
      const s = sigmoid(g);
      dGate!.data[i] = dy!.data[i]! * up!.data[i]! * s * (1 + g * (1 - s));
      dUp!.data[i] = dy!.data[i]! * g * s;
    });
  },
  dispatches({ inputs: [gate, up, dy], outputs: [dGate, dUp] }) {
    const count = sizeOf(gate!.shape);
    return [
      {
        label: 'swiglu backward',
        code: [flatIndex, backward],
        uniforms: [u32(count)],
        bindings: [gate!, up!, dy!, dGate!, dUp!],
        workgroups: threads(count),
        work: count * 8,
      },
    ];
  },
};
