import type { Node, Op } from './op.ts';
import type { DType, Shape, Tensor, TensorSpec } from './tensor.ts';

/** Nodes in the order in which they run. Built once for a batch shape, then compiled by a backend. */
export class Graph {
  readonly nodes: Node[] = [];
  readonly tensors: Tensor[] = [];
  /** Kept readable after a run, by name. */
  readonly outputs = new Map<string, Tensor>();
  readonly #named = new Map<string, Tensor>();

  input(name: string, dtype: DType, shape: Shape): Tensor {
    return this.#declare('input', name, { dtype, shape }, false);
  }

  /** A tensor of the store. Asking again for the same name gives the same tensor. */
  stored(name: string, dtype: DType, shape: Shape, trainable = false): Tensor {
    const known = this.#named.get(name);
    if (!known) return this.#declare('stored', name, { dtype, shape }, trainable);
    if (known.kind !== 'stored') throw new Error(`${name} is an input of the graph`);
    if (known.dtype !== dtype || String(known.shape) !== String(shape)) {
      throw new Error(
        `${name} is ${known.dtype}[${known.shape.join()}], asked for as ${dtype}[${shape.join()}]`,
      );
    }
    return known;
  }

  /** Adds a node; differentiability flows from its inputs where the op has a derivative. */
  apply<A>(op: Op<A>, inputs: readonly (Tensor | null)[], attributes: A): Tensor[] {
    const specs = op.infer(inputs, attributes);
    const differentiable = op.vjp !== undefined && inputs.some((input) => input?.differentiable);
    const outputs: Tensor[] = [];
    const node = { op, inputs, outputs, attributes } as unknown as Node;
    specs.forEach((spec, index) => {
      const source = op.inPlace?.[index];
      const alias = source === undefined ? null : this.#aliasable(op.name, inputs[source]);
      outputs.push(
        this.#add({ ...spec, kind: 'computed', name: op.name, producer: node, alias, differentiable }),
      );
    });
    this.nodes.push(node);
    return outputs;
  }

  output(name: string, tensor: Tensor): void {
    this.outputs.set(name, tensor);
  }

  #aliasable(op: string, tensor: Tensor | null | undefined): Tensor {
    const root = tensor?.alias ?? tensor;
    if (root?.kind !== 'stored') throw new Error(`${op}: only stored tensors are updated in place`);
    return root;
  }

  #declare(kind: 'input' | 'stored', name: string, spec: TensorSpec, differentiable: boolean): Tensor {
    if (this.#named.has(name)) throw new Error(`the graph has a tensor named ${name} already`);
    const tensor = this.#add({ ...spec, kind, name, producer: null, alias: null, differentiable });
    this.#named.set(name, tensor);
    return tensor;
  }

  #add(tensor: Omit<Tensor, 'id'>): Tensor {
    const added = { id: this.tensors.length, ...tensor };
    this.tensors.push(added);
    return added;
  }
}
