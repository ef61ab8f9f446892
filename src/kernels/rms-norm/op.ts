import type { DeviceTraits, Dispatch, Node, Op } from '../../graph/op.ts';
import { matrixOf, sizeOf, type Tensor } from '../../graph/tensor.ts';
import forward from '../../../shaders/rms_norm.wgsl?raw';
import backward from '../../../shaders/rms_norm_backward.wgsl?raw';
import { f32, flatIndex, numbers, threads, u32, widthOf } from '../dispatch.ts';
import { normWeights } from '../norm-weights.ts';
import { unroll } from '../unroll.ts';
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
  dispatches: (node, device) => [norm('rms norm', forward, 2, node, device)],
};

/** Inputs: x, w, dy. Output: dx. */
const rmsNormBackward: Op<RmsNormAttributes> = {
  name: 'rms-norm-backward',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  reference: rmsNormBackwardReference,
  dispatches: (node, device) => [norm('rms norm backward', backward, 4, node, device)],
};

/** Rows a thread: they share the weights that are loaded, which is dear in software. A GPU rather has more threads. */
const rowsAThread = ({ software }: DeviceTraits): number => (software ? 4 : 1);

function norm(
  label: string,
  code: string,
  workEach: number,
  { inputs, outputs, attributes: { epsilon, offset = 0 } }: Node<RmsNormAttributes>,
  device: DeviceTraits,
): Dispatch {
  const [x, w] = inputs as Tensor[];
  const columns = sizeOf(w!.shape);
  const rows = sizeOf(x!.shape) / columns;
  const width = widthOf(columns);
  const each = rowsAThread(device);
  return {
    label,
    constants: { ROWS: each },
    code: [flatIndex, numbers(width), ...normWeights(w!.dtype, width), unroll(code, { ROWS: each })],
    uniforms: [u32(rows), u32(columns / width), f32(epsilon), f32(offset), f32(1 / columns)],
    bindings: [...inputs, ...outputs],
    workgroups: threads(Math.ceil(rows / each)),
    work: rows * columns * workEach,
  };
}
