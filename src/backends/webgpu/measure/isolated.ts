import { Graph } from '../../../graph/graph.ts';
import type { DeviceTraits, Node } from '../../../graph/op.ts';
import type { Tensor } from '../../../graph/tensor.ts';
import type { Program } from '../../backend.ts';
import { elapsed, groupBy, repetitions } from '../../measure/timing.ts';
import type { Step } from './profile.ts';

/** One node of a step as a program of its own. */
interface Isolated {
  readonly label: string;
  readonly count: number;
  readonly program: Program;
  readonly repeats: number;
}

/**
 * For devices without timestamps: every different node of the step alone, run many times between two waits. Operands
 * are zeros but for the small inputs, which decide how much is computed. Nodes of several dispatches are timed whole,
 * under the label of the last.
 */
export async function isolatedTimes(step: Step): Promise<() => Promise<Map<string, number>>> {
  const { traits } = step.backend;
  const groups = groupBy(step.graph.nodes, (node) => keyOf(traits, node));
  const isolated: Isolated[] = [];
  for (const nodes of groups.values()) isolated.push(await isolate(step, nodes));
  return async () => {
    const times = new Map<string, number>();
    for (const { label, count, program, repeats } of isolated) {
      const time = (await run(step, program, repeats)) / repeats;
      times.set(label, (times.get(label) ?? 0) + time * count);
    }
    return times;
  };
}

function keyOf(traits: DeviceTraits, node: Node): string {
  const dispatches = node.op.dispatches(node, traits);
  return JSON.stringify([
    dispatches.map(({ label, code, uniforms, workgroups }) => [label, code, uniforms, workgroups]),
    node.inputs.map((input) => input?.shape ?? null),
  ]);
}

async function isolate(step: Step, nodes: readonly Node[]): Promise<Isolated> {
  const [node] = nodes as [Node];
  const graph = new Graph();
  const inputs = node.inputs.map((input, index) => input && operand(graph, node, input, index));
  graph.apply(node.op, inputs, node.attributes);
  const program = await step.backend.compile(graph, step.store);
  for (const { kind, name } of graph.tensors)
    if (kind === 'input' && step.inputs.has(name)) program.write(name, step.inputs.get(name)!);
  const label = node.op.dispatches(node, step.backend.traits).at(-1)!.label;
  await run(step, program, 1);
  const repeats = repetitions((await run(step, program, 4)) / 4, 20, 50);
  return { label, count: nodes.length, program, repeats };
}

/** The same tensor where it has a name; a stand-in for what another node would compute. */
function operand(graph: Graph, node: Node, input: Tensor, index: number): Tensor {
  const { kind, name, dtype, shape, alias } = input;
  const root = alias ?? input;
  if (root.kind === 'stored') return graph.stored(root.name, root.dtype, root.shape);
  if (kind === 'input')
    return graph.tensors.find((tensor) => tensor.name === name) ?? graph.input(name, dtype, shape);
  return graph.input(`${node.op.name} operand ${index}`, dtype, shape);
}

function run({ backend }: Step, program: Program, repeats: number): Promise<number> {
  return elapsed(async () => {
    for (let i = 0; i < repeats; i++) program.run();
    await backend.idle();
  });
}
