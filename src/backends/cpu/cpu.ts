import type { Graph } from '../../graph/graph.ts';
import type { HostTensor, Node } from '../../graph/op.ts';
import { sizeOf, type Tensor } from '../../graph/tensor.ts';
import type { Backend, HostArray, Program, Store } from '../backend.ts';
import { CpuStore, type RealArray } from './store.ts';

/**
 * Interprets graphs with the reference functions: every kernel's oracle, and what a machine without WebGPU falls
 * back to. `real: Float64Array` stores tensors in double, for gradient checks.
 */
export class CpuBackend implements Backend {
  readonly facts = { backend: 'cpu', adapter: 'CPU', maxTensorBytes: 2 ** 31, features: [] } as const;
  readonly lost = new Promise<string>(() => {});
  readonly #real: RealArray;

  constructor({ real = Float32Array }: { real?: RealArray } = {}) {
    this.#real = real;
  }

  createStore(): CpuStore {
    return new CpuStore(this.#real);
  }

  async compile(graph: Graph, store: Store): Promise<Program> {
    return new CpuProgram(graph, store as CpuStore, this.#real);
  }

  /** Work is done when `run` returns; this only lets messages in. */
  async idle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
  }

  dispose(): void {}
}

class CpuProgram implements Program {
  readonly scratchBytes = 0;
  readonly work = 0;
  readonly #graph: Graph;
  readonly #store: CpuStore;
  readonly #real: RealArray;
  readonly #values = new Map<Tensor, HostTensor>();

  constructor(graph: Graph, store: CpuStore, real: RealArray) {
    this.#graph = graph;
    this.#store = store;
    this.#real = real;
    for (const tensor of graph.tensors) {
      if (tensor.kind === 'stored') store.spec(tensor.name);
      if (tensor.kind === 'input' || (tensor.kind === 'computed' && !tensor.alias))
        this.#values.set(tensor, this.#empty(tensor));
    }
  }

  write(name: string, data: HostArray): void {
    const input = this.#graph.tensors.find((tensor) => tensor.kind === 'input' && tensor.name === name);
    if (!input) throw new Error(`the graph has no input ${name}`);
    this.#values.get(input)!.data.set(data);
  }

  run(): void {
    for (const node of this.#graph.nodes) this.#runNode(node);
  }

  read(name: string): Promise<Float32Array> {
    const output = this.#graph.outputs.get(name);
    if (!output) throw new Error(`the graph has no output ${name}`);
    return Promise.resolve(Float32Array.from(this.#value(output).data));
  }

  dispose(): void {
    this.#values.clear();
  }

  #runNode({ op, inputs, outputs, attributes }: Node): void {
    const read = inputs.map((tensor) => (tensor ? this.#value(tensor) : null));
    op.reference(
      read,
      outputs.map((tensor) => this.#value(tensor)),
      attributes,
    );
  }

  #value(tensor: Tensor): HostTensor {
    const root = tensor.alias ?? tensor;
    return root.kind === 'stored' ? this.#store.tensor(root.name) : this.#values.get(root)!;
  }

  #empty({ dtype, shape }: Tensor): HostTensor {
    const array = dtype === 'i32' ? Int32Array : dtype === 'u32' ? Uint32Array : this.#real;
    return { shape, data: new array(sizeOf(shape)) };
  }
}
