import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from '../../formats/onnx-write.ts';

/** LayerNormalization is in ONNX from 17 on; wide support still begins there. MatMulNBits is Microsoft's. */
const opsets = { '': 17, 'com.microsoft': 1 };

export interface ApplyOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  readonly domain?: string;
  /** The value's name, where others see it (outputs of the model). */
  readonly as?: string;
}

/** An ONNX graph under construction. Values are their names; nodes are named after the module they belong to. */
export class OnnxGraph {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxTensor>();
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  #scope = '';

  /** Nodes from here on belong to this module. */
  within(module: string): void {
    this.#scope = module;
  }

  apply(op: string, inputs: readonly string[], options: ApplyOptions = {}): string {
    return this.#node(op, inputs, 1, options)[0]!;
  }

  /** Sizes along the last axis. */
  split(x: string, sizes: readonly number[]): string[] {
    return this.#node('Split', [x, this.integers(sizes)], sizes.length, { attributes: { axis: -1 } });
  }

  input(value: OnnxValue): string {
    this.#inputs.push(value);
    return value.name;
  }

  output(value: OnnxValue): void {
    this.#outputs.push(value);
  }

  /** A stored tensor; one that is already there by that name is the same. */
  stored(tensor: OnnxTensor): string {
    if (!this.#initializers.has(tensor.name)) this.#initializers.set(tensor.name, tensor);
    return tensor.name;
  }

  /** An int64 vector (a shape, sizes, axes), or a scalar where `values` is a number. */
  integers(values: number | readonly number[]): string {
    const list = typeof values === 'number' ? [values] : values;
    return this.stored({
      name: `i64${typeof values === 'number' ? '' : 's'}(${list.join(',')})`,
      type: 'i64',
      shape: typeof values === 'number' ? [] : [list.length],
      bytes: () => Promise.resolve(new Uint8Array(BigInt64Array.from(list, BigInt).buffer)),
    });
  }

  /** A float32 scalar. */
  scalar(value: number): string {
    return this.stored({
      name: `f32(${value})`,
      type: 'f32',
      shape: [],
      bytes: () => Promise.resolve(new Uint8Array(Float32Array.of(value).buffer)),
    });
  }

  finish(name: string): OnnxModel {
    return {
      name,
      opsets,
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
  }

  #node(op: string, inputs: readonly string[], count: number, options: ApplyOptions): string[] {
    const name = `${this.#scope}/${op}_${this.#nodes.length}`;
    const outputs = options.as
      ? [options.as]
      : Array.from({ length: count }, (_, i) => (count === 1 ? `${name}:out` : `${name}:out_${i}`));
    const { attributes = {}, domain = '' } = options;
    this.#nodes.push({ op, domain, name, inputs, outputs, attributes });
    return outputs;
  }
}
