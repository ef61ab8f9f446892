import type { ModelConfig } from '../formats/model-config.ts';
import type { Graph } from '../graph/graph.ts';
import { matrixOf, sizeOf, type Shape, type Tensor, type TensorSpec } from '../graph/tensor.ts';
import { dropout, matmul, pickRows } from '../kernels/ops.ts';
import {
  adapterA,
  adapterB,
  codesName,
  givenA,
  givenB,
  gridName,
  maskName,
  type AdapterPlan,
  type BaseForm,
  type ElasticPlan,
} from './elastic.ts';
import { mergedWeight } from './merged.ts';
import { structureOf } from './structure.ts';

/** How the linear modules of a graph are run. */
export interface LinearOptions extends BaseForm {
  readonly sequences: number;
  /** Rows (positions) of each sequence in this graph, but for what follows a window (decoder.ts). */
  readonly length: number;
  readonly plan: ElasticPlan;
  /** What the store holds, for dtypes and shapes. */
  readonly specOf: (name: string) => TensorSpec;
  /** Adapters receive gradients. */
  readonly trainable?: boolean;
  /** Probability on the adapter's input; 0 outside training. */
  readonly dropout?: number;
  /**
   * Which part of a batch this is, where a graph holds several decoders that take a part each; else 0. The inputs of
   * those after the first have the part's number in their names, and dropout goes on where the part before ended.
   */
  readonly part?: number;
  /** Sees the input of every linear module (calibration). */
  readonly onInput?: (module: string, input: Tensor) => void;
}

/** An input's name in part `part` of a batch. */
export const partName = (name: string, part: number) => (part === 0 ? name : `${name}.${part}`);

export interface Cut {
  readonly addend?: Tensor;
  /** Columns of `limits` that cut the module's inputs and outputs. */
  readonly innerLimit?: number | null;
  readonly outerLimit?: number | null;
}

/** A weight as a matmul takes it: floats with or without an element mask, or codes with their grid. */
interface Weight {
  readonly values: Tensor;
  readonly mask: Tensor | null;
  readonly grid: Tensor | null;
}

/**
 * The linear modules of a graph: their weights dense, masked or INT4, with their adapters beside them or merged into
 * them, cut to the sizes that `limits` holds.
 */
export class LinearModules {
  readonly #graph: Graph;
  readonly #options: LinearOptions;
  readonly #limits: Tensor | null;
  readonly #seed: Tensor | null;
  /** Modules with a bias. */
  readonly #biased: ReadonlySet<string>;

  constructor(graph: Graph, config: ModelConfig, options: LinearOptions) {
    this.#graph = graph;
    this.#options = options;
    const { plan, sequences, part = 0 } = options;
    const input = (name: string) => partName(name, part);
    this.#limits = plan.columns > 0 ? graph.input(input('limits'), 'i32', [sequences, plan.columns]) : null;
    this.#seed = options.dropout ? graph.input(input('seed'), 'u32', [2]) : null;
    const { modules } = structureOf(config);
    this.#biased = new Set(modules.filter(({ bias }) => bias).map(({ name }) => name));
  }

  /**
   * Rows `ids` of a matrix W + s·B·A, W [rows, columns], of which `picked` are those of W: the row of B chooses from A.
   */
  pickAdapted(module: string, ids: Tensor, picked: Tensor, shape: Shape): Tensor {
    const adapter = this.#options.plan.adapters.get(module);
    if (!adapter) return picked;
    const { a, b } = this.#adapter(module, adapter, shape);
    const low = this.#graph.apply(pickRows, [b, ids], {})[0]!;
    return this.#graph.apply(matmul, [low, a, picked, null, this.#limits, null], {
      orientation: 'nn',
      scale: adapter.scale,
      innerLimit: adapter.group,
      outerLimit: null,
      rowsPerSequence: this.#options.length,
    })[0]!;
  }

  /** The head, whose weight is the tensor `weight`. */
  head(module: string, weight: string, x: Tensor): Tensor {
    const values = this.stored(weight);
    const logits = this.#matmul(x, plain(values), {}, 1, this.#bias(module));
    return this.#adapted(module, x, logits, values.shape, {});
  }

  /** A linear module and, where the plan has one, its adapter: beside the weight, or merged into it. */
  apply(module: string, x: Tensor, cut: Cut): Tensor {
    const { plan, onInput } = this.#options;
    onInput?.(module, x);
    const adapter = plan.adapters.get(module);
    const merged = adapter && plan.merge !== 'none';
    const weight = merged
      ? { ...mergedWeight(this.#graph, module, this.#limits, this.#options), mask: null }
      : this.#weight(module);
    const base = this.#matmul(x, weight, cut, 1, this.#bias(module));
    return merged ? base : this.#adapted(module, x, base, weight.values.shape, cut);
  }

  /** Y + s·(drop(X) A_ρᵀ) B_ρᵀ; Y itself where the module has no adapter. */
  #adapted(module: string, x: Tensor, y: Tensor, shape: Shape, cut: Cut): Tensor {
    const { plan, dropout: probability, part = 0 } = this.#options;
    const adapter = plan.adapters.get(module);
    if (!adapter) return y;
    const { scale, group, index } = adapter;
    const { a, b } = this.#adapter(module, adapter, shape);
    const chances = { probability: probability!, stream: index, first: part * sizeOf(x.shape) };
    const input = this.#seed ? this.#graph.apply(dropout, [x, this.#seed], chances)[0]! : x;
    const low = this.#matmul(input, plain(a), { innerLimit: cut.innerLimit ?? null, outerLimit: group });
    const upper = { innerLimit: group, outerLimit: cut.outerLimit ?? null, addend: y };
    return this.#matmul(low, plain(b), upper, scale);
  }

  /** A [r, in] and B [out, r] of a module [out, in]. */
  #adapter(
    module: string,
    { rank, given = false }: AdapterPlan,
    [rows, columns]: Shape,
  ): { a: Tensor; b: Tensor } {
    const { trainable = false } = this.#options;
    const [a, b] = given ? [givenA, givenB] : [adapterA, adapterB];
    return {
      a: this.#graph.stored(a(module), 'f32', [rank, columns!], trainable),
      b: this.#graph.stored(b(module), 'f32', [rows!, rank], trainable),
    };
  }

  #weight(module: string): Weight {
    const { masked, quantized } = this.#options;
    if (quantized.has(module)) {
      return { values: this.stored(codesName(module)), mask: null, grid: this.stored(gridName(module)) };
    }
    const mask = masked.has(module) ? this.stored(maskName(module)) : null;
    return { values: this.stored(`${module}.weight`), mask, grid: null };
  }

  #matmul(
    x: Tensor,
    { values, mask, grid }: Weight,
    { addend, innerLimit, outerLimit }: Cut,
    scale = 1,
    bias: Tensor | null = null,
  ): Tensor {
    return this.#graph.apply(matmul, [x, values, addend ?? null, bias, this.#limits, mask, grid], {
      orientation: 'nt',
      scale,
      innerLimit: innerLimit ?? null,
      outerLimit: outerLimit ?? null,
      rowsPerSequence: this.#rowsPerSequence(x),
    })[0]!;
  }

  /** Where rows are not as many of every sequence (the head's), no limit applies and the number means nothing. */
  #rowsPerSequence(x: Tensor): number {
    const { sequences, length } = this.#options;
    const rows = matrixOf(x.shape).rows;
    return rows % sequences === 0 ? rows / sequences : length;
  }

  #bias(module: string): Tensor | null {
    return this.#biased.has(module) ? this.stored(`${module}.bias`) : null;
  }

  /** A tensor of the store, as it is there. */
  stored(name: string): Tensor {
    const { dtype, shape } = this.#options.specOf(name);
    return this.#graph.stored(name, dtype, shape);
  }
}

const plain = (values: Tensor): Weight => ({ values, mask: null, grid: null });
