import type { DeviceTraits, Dispatch, Node, Op, Variants } from '../../graph/op.ts';
import { matrixOf, sizeOf, type Tensor } from '../../graph/tensor.ts';
import forward from '../../../shaders/rms_norm.wgsl?raw';
import backward from '../../../shaders/rms_norm_backward.wgsl?raw';
import forwardWorkgroup from '../../../shaders/rms_norm_workgroup.wgsl?raw';
import backwardWorkgroup from '../../../shaders/rms_norm_backward_workgroup.wgsl?raw';
import { f32, flatIndex, numbers, threads, u32, widthOf } from '../dispatch.ts';
import { normWeights } from '../norm-weights.ts';
import { byWorkgroup, rowVariants, workgroupRow } from '../row-variants.ts';
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
  variants: normVariants,
  dispatches: (node, device) => [norm('rms norm', forwardCode, 2, node, device)],
};

/** Inputs: x, w, dy. Output: dx. */
const rmsNormBackward: Op<RmsNormAttributes> = {
  name: 'rms-norm-backward',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  reference: rmsNormBackwardReference,
  variants: normVariants,
  dispatches: (node, device) => [norm('rms norm backward', backwardCode, 4, node, device)],
};

/** Rows a thread: they share the weights that are loaded, which is dear in software. A GPU rather has more threads. */
const rowsAThread = ({ software }: DeviceTraits): number => (software ? 4 : 1);

const forwardCode = { thread: forward, workgroup: forwardWorkgroup };
const backwardCode = { thread: backward, workgroup: backwardWorkgroup };

function normVariants({ op, inputs: [, w] }: Node<RmsNormAttributes>, device: DeviceTraits): Variants {
  return rowVariants(op.name, sizeOf(w!.shape), device);
}

function norm(
  label: string,
  code: { readonly thread: string; readonly workgroup: string },
  workEach: number,
  node: Node<RmsNormAttributes>,
  device: DeviceTraits,
): Dispatch {
  const { inputs, outputs, attributes } = node;
  const { epsilon, offset = 0 } = attributes;
  const [x, w] = inputs as Tensor[];
  const columns = sizeOf(w!.shape);
  const rows = sizeOf(x!.shape) / columns;
  const width = widthOf(columns);
  const shared = [flatIndex, numbers(width), ...normWeights(w!.dtype, width)];
  const common = {
    label,
    uniforms: [u32(rows), u32(columns / width), f32(epsilon), f32(offset), f32(1 / columns)],
    bindings: [...inputs, ...outputs],
    work: rows * columns * workEach,
  };
  if (byWorkgroup(normVariants(node, device), device))
    return { ...common, code: [...shared, workgroupRow, code.workgroup], workgroups: [rows, 1, 1] };
  const constants = { ROWS: rowsAThread(device) };
  return {
    ...common,
    constants,
    code: [...shared, unroll(code.thread, constants)],
    workgroups: threads(Math.ceil(rows / constants.ROWS)),
  };
}
