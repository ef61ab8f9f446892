import type { Op } from '../../graph/op.ts';
import { matrixOf, sizeOf, type Tensor } from '../../graph/tensor.ts';
import forward from '../../../shaders/layer_norm.wgsl?raw';
import backward from '../../../shaders/layer_norm_backward.wgsl?raw';
import { f32, flag, flatIndex, threads, u32 } from '../dispatch.ts';
import { biasCode, scalarWeights } from '../weights.ts';
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
  dispatches({ inputs: [x, w, b], outputs: [y], attributes }) {
    const { rows, columns } = matrixOf(x!.shape);
    return [
      {
        label: 'layer norm',
        code: [flatIndex, scalarWeights(w!.dtype), biasCode(b), forward],
        uniforms: [u32(rows), u32(columns), f32(attributes.epsilon), flag(b)],
        bindings: [x!, w!, y!, b ?? null],
        workgroups: threads(rows),
        work: rows * columns * 3,
      },
    ];
  },
};

/** Inputs: x, w, dy. Output: dx. */
const layerNormBackward: Op<LayerNormAttributes> = {
  name: 'layer-norm-backward',
  infer: ([x]) => [{ dtype: 'f32', shape: x!.shape }],
  reference: layerNormBackwardReference,
  dispatches({ inputs: [x, w, dy], outputs: [dx], attributes }) {
    const { rows, columns } = matrixOf(x!.shape);
    return [
      {
        label: 'layer norm backward',
        code: [flatIndex, scalarWeights(w!.dtype), backward],
        uniforms: [u32(rows), u32(columns), f32(attributes.epsilon)],
        bindings: [x!, w!, dy!, dx!],
        workgroups: threads(rows),
        work: rows * columns * 5,
      },
    ];
  },
};
