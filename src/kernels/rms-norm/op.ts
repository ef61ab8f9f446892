import type { Op } from '../../graph/op.ts';
import { matrixOf, type Tensor } from '../../graph/tensor.ts';
import forward from '../../../shaders/rms_norm.wgsl?raw';
import backward from '../../../shaders/rms_norm_backward.wgsl?raw';
import { f32, flatIndex, threads, u32 } from '../dispatch.ts';
import { scalarWeights } from '../weights.ts';
import { rmsNormBackwardReference, rmsNormReference } from './op.reference.ts';

export interface RmsNormAttributes {
  readonly epsilon: number;
}

/** y = x · w / √(mean(x²) + ε), by row. Inputs: x [rows, n], w [n] (frozen). */
export const rmsNorm: Op<RmsNormAttributes> = {
  name: 'rms-norm',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  vjp({ graph, node, gradients }) {
    const [x, w] = node.inputs as Tensor[];
    return [graph.apply(rmsNormBackward, [x!, w!, gradients[0]!], node.attributes)[0]!, null];
  },
  reference: rmsNormReference,
  dispatches({ inputs: [x, w], outputs: [y], attributes }) {
    const { rows, columns } = matrixOf(x!.shape);
    return [
      {
        label: 'rms norm',
        code: [flatIndex, scalarWeights(w!.dtype), forward],
        uniforms: [u32(rows), u32(columns), f32(attributes.epsilon)],
        bindings: [x!, w!, y!],
        workgroups: threads(rows),
        work: rows * columns * 2,
      },
    ];
  },
};

/** Inputs: x, w, dy. Output: dx. */
const rmsNormBackward: Op<RmsNormAttributes> = {
  name: 'rms-norm-backward',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  reference: rmsNormBackwardReference,
  dispatches({ inputs: [x, w, dy], outputs: [dx], attributes }) {
    const { rows, columns } = matrixOf(x!.shape);
    return [
      {
        label: 'rms norm backward',
        code: [flatIndex, scalarWeights(w!.dtype), backward],
        uniforms: [u32(rows), u32(columns), f32(attributes.epsilon)],
        bindings: [x!, w!, dy!, dx!],
        workgroups: threads(rows),
        work: rows * columns * 4,
      },
    ];
  },
};
