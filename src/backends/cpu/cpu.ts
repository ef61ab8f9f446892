import type { Graph } from '../../graph/graph.ts';
import type { HostTensor, Node } from '../../graph/op.ts';
import { planMemory } from '../../graph/plan.ts';
import { sizeOf, type Tensor } from '../../graph/tensor.ts';
import {
  outOfMemory,
  type Backend,
  type DeviceFacts,
  type HostArray,
  type Program,
  type Store,
} from '../backend.ts';
import { arrayOf, CpuStore, isPacked, type RealArray } from './store.ts';

/**
 * Interprets graphs with the reference functions: every kernel's oracle, and what a machine without WebGPU falls
 * back to. `real: Float64Array` stores tensors in double, for gradient checks.
 */
export class CpuBackend implements Backend {
  readonly facts: DeviceFacts;
  readonly lost = new Promise<string>(() => {});
  readonly #real: RealArray;

  constructor({ real = Float32Array }: { real?: RealArray } = {}) {
    this.#real = real;
    this.facts = {
      backend: 'cpu',
      adapter: 'CPU',
      maxTensorBytes: 2 ** 31,
      features: [],
      kernels: real === Float32Array ? 'reference' : 'reference in float64',
    };
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
  readonly scratchBytes: number;
  readonly work = Infinity;
  readonly #graph: Graph;
  readonly #store: CpuStore;
  readonly #values = new Map<Tensor, HostTensor>();

  constructor(graph: Graph, store: CpuStore, real: RealArray) {
    this.#graph = graph;
    this.#store = store;
    for (const { kind, name } of graph.tensors) if (kind === 'stored') store.spec(name);
    const { slots, slotOf } = planMemory(graph);
    // Slots are planned in device bytes, four to a number; in float64 mode a number takes eight.
    const buffers = slots.map((bytes) => scratch((bytes / 4) * real.BYTES_PER_ELEMENT));
    for (const tensor of graph.tensors) {
      const slot = slotOf.get(tensor);
      if (tensor.kind === 'input') this.#values.set(tensor, view(tensor, real));
      else if (slot !== undefined)
        // What the device packs is wider here than its slot.
        this.#values.set(tensor, view(tensor, real, isPacked(tensor.dtype) ? undefined : buffers[slot]));
    }
    this.scratchBytes = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
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
}

function view({ dtype, shape }: Tensor, real: RealArray, buffer?: ArrayBuffer): HostTensor {
  const array = arrayOf(dtype, real);
  return { shape, data: buffer ? new array(buffer, 0, sizeOf(shape)) : new array(sizeOf(shape)) };
}

function scratch(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    throw outOfMemory('working memory', bytes, 0);
  }
}
