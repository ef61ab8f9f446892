import type { Op } from '../../graph/op.ts';
import { matrixOf, sizeOf, type Tensor, type TensorSpec } from '../../graph/tensor.ts';
import forward from '../../../shaders/rms_norm.wgsl?raw';
import backward from '../../../shaders/rms_norm_backward.wgsl?raw';
import { f32, flatIndex, threads, u32 } from '../dispatch.ts';
import { scalarWeights } from '../weights.ts';
import { rmsNormBackwardReference, rmsNormReference } from './op.reference.ts';

export interface RmsNormAttributes {
  readonly epsilon: number;
  /** Added to w; 0 unless said otherwise (Gemma: 1). */
  readonly offset?: number;
}

/**
 * y = x · (offset + w) / √(mean(x²) + ε), by row. Inputs: x [rows, k·n], w [n] (any float dtype, frozen). Each slice of n
 * is normed on its own: k is 1, or the number of heads where queries and keys are normed by head.
 */
export const rmsNorm: Op<RmsNormAttributes> = {
  name: 'rms-norm',
  infer([x, w]) {
    if (matrixOf(x!.shape).columns % sizeOf(w!.shape) !== 0) throw new Error('rms norm: w does not fit');
    return [{ dtype: 'f32', shape: x!.shape }];
  },
  vjp({ graph, node, gradients }) {
    const [x, w] = node.inputs as Tensor[];
    return [graph.apply(rmsNormBackward, [x!, w!, gradients[0]!], node.attributes)[0]!, null];
  },
  reference: rmsNormReference,
  dispatches({ inputs: [x, w], outputs: [y], attributes }) {
    const { rows, columns } = slicesOf(x!, w!);
    return [
      {
        label: 'rms norm',
        code: [flatIndex, scalarWeights(w!.dtype), forward],
        uniforms: [u32(rows), u32(columns), f32(attributes.epsilon), f32(attributes.offset ?? 0)],
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
    const { rows, columns } = slicesOf(x!, w!);
    return [
      {
        label: 'rms norm backward',
        code: [flatIndex, scalarWeights(w!.dtype), backward],
        uniforms: [u32(rows), u32(columns), f32(attributes.epsilon), f32(attributes.offset ?? 0)],
        bindings: [x!, w!, dy!, dx!],
        workgroups: threads(rows),
        work: rows * columns * 4,
      },
    ];
  },
};

/** x as a matrix whose rows are as long as w. */
function slicesOf(x: TensorSpec, w: TensorSpec): { rows: number; columns: number } {
  const columns = sizeOf(w.shape);
  return { rows: sizeOf(x.shape) / columns, columns };
}
