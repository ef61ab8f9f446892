import { bytesBound } from '../../src/backends/webgpu/measure/profile.ts';
import type { GpuProgram } from '../../src/backends/webgpu/program.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { NoAttributes, Op } from '../../src/graph/op.ts';
import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import { elementwise } from '../../src/kernels/dispatch.ts';
import { add, crossEntropy, gated, rmsNorm, rope } from '../../src/kernels/ops.ts';
import { Random } from '../../src/lib/random.ts';
import type { Row } from '../protocol.ts';
import type { Section } from '../section.ts';
import copy from './copy.wgsl?raw';
import { inRounds, ratioOf, spreadOf } from './timing.ts';

/** Runs whose times are added up to one measurement. */
const runs = 4;
const rows = 1024;
const wanted = { sense: 'at least', value: 0.7 } as const;

/** What a copy moves, with four numbers a thread: 512 KiB in, 512 KiB out, as large as an activation. */
const copied: Op<NoAttributes> = {
  name: 'copy',
  infer: ([x]) => [x!],
  reference: ([x], [y]) => y!.data.set(x!.data),
  dispatches: ({ inputs, outputs }) => [elementwise('copy', [copy], [...inputs, ...outputs])],
};

/** A dispatch of the program, by its place. */
interface Kernel {
  readonly label: string;
  readonly bytes: number;
}

/** Kernels that do little more than read and write, beside a copy in the same submit: bytes of all operands once. */
export const section: Section = {
  title: 'Kernels that memory bounds, and a copy',
  async measure({ backend, rounds }) {
    const { graph, labels } = kernelsGraph();
    const store = backend.createStore();
    const program = (await backend.compile(graph, store)) as GpuProgram;
    const random = new Random(1);
    for (const { kind, name, dtype, shape } of graph.tensors)
      if (kind === 'input')
        program.write(
          name,
          dtype === 'i32'
            ? Int32Array.from({ length: sizeOf(shape) }, () => random.integer(512))
            : Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
        );
    const kernels = graph.nodes.map((node, index): Kernel => {
      const [dispatch] = node.op.dispatches(node, backend.traits);
      return { label: labels[index]!, bytes: bytesBound(dispatch!) };
    });
    const rates = kernels.map((): number[] => []);
    await program.profile(); // warms up
    await inRounds(rounds, async () => {
      const times = await timesOf(program);
      times.forEach((time, index) => rates[index]!.push(kernels[index]!.bytes / time / 1e6));
    });
    program.dispose();
    store.dispose();
    return kernels.flatMap(({ label }, index) => rowsOf(label, rates[index]!, rates[0]!));
  },
};

function rowsOf(label: string, rates: readonly number[], copies: readonly number[]): Row[] {
  const rate: Row = { label, unit: 'GB/s', value: spreadOf(rates) };
  if (rates === copies) return [rate];
  return [
    rate,
    { label: `${label}, over the copy`, unit: '×', value: ratioOf(rates, copies), target: wanted },
  ];
}

/** Mean milliseconds of every dispatch. */
async function timesOf(program: GpuProgram): Promise<number[]> {
  const sums: number[] = [];
  for (let run = 0; run < runs; run++)
    (await program.profile()).forEach(({ milliseconds }, index) => {
      sums[index] = (sums[index] ?? 0) + milliseconds / runs;
    });
  return sums;
}

/** The kernels of a step of stories260K that are no products, and a norm of a wider model. The copy is the first. */
function kernelsGraph(): { graph: Graph; labels: readonly string[] } {
  const graph = new Graph();
  const labels: string[] = [];
  const x = (name: string, columns: number) => graph.input(name, 'f32', [rows, columns]);
  const apply = <A>(label: string, op: Op<A>, inputs: Tensor[], attributes: A): Tensor[] => {
    labels.push(label);
    const outputs = graph.apply(op, inputs, attributes);
    for (const [index, output] of outputs.entries()) graph.output(`${label} ${index}`, output);
    return outputs;
  };
  /** Of the node before, which may make several kernels of it. */
  const backward = (label: string, dy: Tensor) => {
    const node = graph.nodes.at(-1)!;
    const before = graph.nodes.length;
    const gradients = node.outputs.map((_, index) => (index === 0 ? dy : null));
    const found = node.op.vjp!({ graph, node, gradients, needs: () => true });
    for (let i = before; i < graph.nodes.length; i++) labels.push(label);
    for (const [index, tensor] of found.entries()) if (tensor) graph.output(`${label} ${index}`, tensor);
  };
  apply('copy', copied, [x('copied', 128)], {});
  apply('add', add, [x('left', 128), x('right', 128)], {});
  apply('gated SiLU', gated, [x('gate', 172), x('up', 172)], { kind: 'silu' });
  backward('gated SiLU backward', x('d gated', 172));
  const [cos, sin] = ['cos', 'sin'].map((name) => graph.input(name, 'f32', [128, 4]));
  const turn = { headDim: 8, rowsPerSequence: 128, inverse: false };
  apply('rope, heads of 8', rope, [x('heads', 64), cos!, sin!], turn);
  for (const columns of [64, 384]) {
    const weight = graph.input(`weight ${columns}`, 'f32', [columns]);
    apply(`RMS norm of ${columns}`, rmsNorm, [x(`row ${columns}`, columns), weight], { epsilon: 1e-5 });
    backward(`RMS norm of ${columns} backward`, x(`d row ${columns}`, columns));
  }
  const targets = graph.input('targets', 'i32', [rows]);
  apply('loss of 512', crossEntropy, [x('logits', 512), targets], {});
  backward('loss of 512 backward', graph.input('d loss', 'f32', [rows]));
  return { graph, labels };
}
