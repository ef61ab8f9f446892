import { chosenVariant, type DeviceTraits, type Dispatch, type Node, type Variants } from '../../graph/op.ts';
import { matrixOf, type Tensor } from '../../graph/tensor.ts';
import { f32, u32 } from '../dispatch.ts';
import { startCode, startCount } from '../start.ts';
import { hasManyQueries, kernelOf, variantsOf, type Pass, type Variant } from './kernels.ts';
import type { AttentionAttributes } from './op.ts';

type AttentionNode = Node<AttentionAttributes>;

export function attentionVariants({ op, attributes }: AttentionNode, device: DeviceTraits): Variants {
  const load = hasManyQueries(attributes) ? 'many queries' : 'few queries';
  return {
    key: `${op.name}, ${load}, heads of ${attributes.headDim}`,
    names: variantsOf(attributes, device, op.name === 'attention'),
  };
}

const chosen = (node: AttentionNode, device: DeviceTraits) =>
  chosenVariant(attentionVariants(node, device), device) as Variant;

export function forwardDispatches(node: AttentionNode, device: DeviceTraits): Dispatch[] {
  const [q, k, v, start] = node.inputs;
  const [y, lse] = node.outputs;
  const bindings = [q!, k!, v!, start ?? null, y!, lse!];
  return [dispatch(node, chosen(node, device), 'forward', bindings)];
}

export function backwardDispatches(node: AttentionNode, device: DeviceTraits): Dispatch[] {
  const [q, k, v, y, lse, dy] = node.inputs as Tensor[];
  const [dq, dk, dv, along] = node.outputs as [Tensor, Tensor, Tensor, Tensor];
  const variant = chosen(node, device);
  return [
    dispatch(node, variant, 'backward, queries', [q!, k!, v!, y!, lse!, dy!, dq, along]),
    dispatch(node, variant, 'backward, keys', [q!, k!, v!, lse!, dy!, along, dk, dv]),
  ];
}

function dispatch(
  { inputs: [q, , , start], attributes: a }: AttentionNode,
  variant: Variant,
  pass: Pass,
  bindings: readonly (Tensor | null)[],
): Dispatch {
  const { rows } = matrixOf(q!.shape);
  const forward = pass === 'forward';
  return {
    label: forward ? 'attention' : `attention ${pass}`,
    ...kernelOf(variant, pass, rows, a, forward ? [startCode] : []),
    uniforms: [
      u32(rows),
      u32(a.heads),
      u32(a.kvHeads),
      u32(a.queriesPerSequence),
      u32(a.keysPerSequence),
      f32(a.scale),
      u32(a.window ?? a.keysPerSequence),
      f32(a.softcap ?? 0),
      startCount(forward ? start : null),
    ],
    bindings,
    work: rows * a.heads * a.keysPerSequence * a.headDim * (forward ? 1 : 2),
  };
}
