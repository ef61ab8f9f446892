import type { DeviceTraits, Dispatch, Node, Op, Variants } from '../../graph/op.ts';
import { matrixOf, sizeOf, type Tensor } from '../../graph/tensor.ts';
import forward from '../../../shaders/layer_norm.wgsl?raw';
import backward from '../../../shaders/layer_norm_backward.wgsl?raw';
import forwardWorkgroup from '../../../shaders/layer_norm_workgroup.wgsl?raw';
import backwardWorkgroup from '../../../shaders/layer_norm_backward_workgroup.wgsl?raw';
import { f32, flag, flatIndex, numbers, threads, u32, widthOf } from '../dispatch.ts';
import { normBias, normWeights } from '../norm-weights.ts';
import { byWorkgroup, rowVariants, workgroupRow } from '../row-variants.ts';
import { layerNormBackwardReference, layerNormReference } from './op.reference.ts';

export interface LayerNormAttributes {
  readonly epsilon: number;
}

/**
 * y = (x − mean(x)) / √(var(x) + ε) · w + b, by row, the variance over n. Inputs: x [rows, n], w [n], b [n] or null (any
 * float dtype, frozen).
 */
export const layerNorm: Op<LayerNormAttributes> = {
  name: 'layer-norm',
  infer([x, w, b]) {
    const { columns } = matrixOf(x!.shape);
    if (sizeOf(w!.shape) !== columns || (b && sizeOf(b.shape) !== columns))
      throw new Error('layer norm: w or b does not fit');
    return [{ dtype: 'f32', shape: x!.shape }];
  },
  vjp({ graph, node, gradients, needs }) {
    if (needs(1) || needs(2)) throw new Error('layer norm: w and b are frozen');
    const [x, w] = node.inputs as Tensor[];
    return [graph.apply(layerNormBackward, [x!, w!, gradients[0]!], node.attributes)[0]!, null, null];
  },
  reference: layerNormReference,
  variants: normVariants,
  dispatches(node, device) {
    const [x, w, b] = node.inputs;
    const code = { thread: forward, workgroup: forwardWorkgroup };
    const bias = normBias(b, widthOf(matrixOf(x!.shape).columns));
    const plain = norm('layer norm', code, 3, node, device, bias);
    return [
      { ...plain, uniforms: [...plain.uniforms, flag(b)], bindings: [x!, w!, ...node.outputs, b ?? null] },
    ];
  },
};

/** Inputs: x, w, dy. Output: dx. */
const layerNormBackward: Op<LayerNormAttributes> = {
  name: 'layer-norm-backward',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  reference: layerNormBackwardReference,
  variants: normVariants,
  dispatches: (node, device) => [
    norm('layer norm backward', { thread: backward, workgroup: backwardWorkgroup }, 5, node, device),
  ],
};

function normVariants({ op, inputs: [x] }: Node<LayerNormAttributes>, device: DeviceTraits): Variants {
  return rowVariants(op.name, matrixOf(x!.shape).columns, device);
}

function norm(
  label: string,
  code: { readonly thread: string; readonly workgroup: string },
  workEach: number,
  node: Node<LayerNormAttributes>,
  device: DeviceTraits,
  bias: readonly string[] = [],
): Dispatch {
  const { inputs, outputs, attributes } = node;
  const [x, w] = inputs as Tensor[];
  const { rows, columns } = matrixOf(x!.shape);
  const width = widthOf(columns);
  const shared = [flatIndex, numbers(width), ...normWeights(w!.dtype, width), ...bias];
  const whole = byWorkgroup(normVariants(node, device), device);
  return {
    label,
    code: whole ? [...shared, workgroupRow, code.workgroup] : [...shared, code.thread],
    uniforms: [u32(rows), u32(columns / width), f32(attributes.epsilon), f32(1 / columns)],
    bindings: [...inputs, ...outputs],
    workgroups: whole ? [rows, 1, 1] : threads(rows),
    work: rows * columns * workEach,
  };
}
