import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add } from './add/op.ts';
import { matmul, type MatmulAttributes } from './matmul/op.ts';

/** Sum of two gradients; where the new one is a fresh matmul it takes the old one as its addend instead of a pass of its own. */
export function accumulate(graph: Graph, existing: Tensor, added: Tensor, owned: boolean): Tensor {
  const node = added.producer;
  const sum = () => graph.apply(add, [existing, added], {})[0]!;
  if (!owned || !node || node.op !== (matmul as unknown) || node.inputs[2]) return sum();
  // Its readers come after it, and it has only just been made.
  const at = graph.nodes.lastIndexOf(node);
  if (graph.nodes.slice(at + 1).some(({ inputs }) => inputs.includes(added))) return sum();
  graph.nodes.splice(at, 1);
  const [x, w, , bias, limits, mask, grid] = node.inputs as Tensor[];
  return graph.apply(
    matmul,
    [x!, w!, existing, bias ?? null, limits ?? null, mask ?? null, grid ?? null],
    node.attributes as unknown as MatmulAttributes,
  )[0]!;
}
