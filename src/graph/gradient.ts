import type { Graph } from './graph.ts';
import type { Node } from './op.ts';
import type { Tensor } from './tensor.ts';

/**
 * How two gradients of one tensor are summed; given by the kernels, which know how to fold the sum into a matmul.
 * `owned`: nobody else holds `added`, so the node that makes it may be replaced.
 */
export type Accumulate = (graph: Graph, existing: Tensor, added: Tensor, owned: boolean) => Tensor;

/**
 * Reverse-mode differentiation as a graph transformation: appends the nodes that compute the gradients of
 * `output` (weighted by `gradient`, same shape) with respect to `wanted`. Branches that reach no trainable
 * tensor are never built. `sums` are gradients that the tensors in `wanted` have already, from another output: these
 * are added to them, each as soon as it is there.
 */
export function differentiate(
  graph: Graph,
  output: Tensor,
  gradient: Tensor,
  wanted: readonly Tensor[],
  accumulate: Accumulate,
  sums: readonly Tensor[] = [],
): Tensor[] {
  const gradients = new Map<Tensor, Tensor>([[output, gradient]]);
  sums.forEach((sum, index) => gradients.set(wanted[index]!, sum));
  for (const node of [...graph.nodes].reverse()) pullBack(graph, node, gradients, accumulate);
  return wanted.map((tensor) => {
    const found = gradients.get(tensor);
    if (!found) throw new Error(`${tensor.name} has no path to ${output.name}`);
    return found;
  });
}

function pullBack(graph: Graph, node: Node, gradients: Map<Tensor, Tensor>, accumulate: Accumulate): void {
  const incoming = node.outputs.map((tensor) => gradients.get(tensor) ?? null);
  if (incoming.every((tensor) => tensor === null)) return;
  if (!node.op.vjp || !node.outputs[0]?.differentiable) return;
  const needs = (index: number) => node.inputs[index]?.differentiable ?? false;
  const outgoing = node.op.vjp({ graph, node, gradients: incoming, needs });
  node.inputs.forEach((input, index) => {
    const added = outgoing[index];
    if (!input?.differentiable || !added) return;
    const existing = gradients.get(input);
    // A sum hands its own gradient on to both of its inputs: that tensor is still needed elsewhere.
    const owned = !incoming.includes(added) && outgoing.indexOf(added) === outgoing.lastIndexOf(added);
    gradients.set(input, existing ? accumulate(graph, existing, added, owned) : added);
  });
}
