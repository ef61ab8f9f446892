import { inBlock, type BlockRole, type ModelConfig } from '../formats/model-config.ts';
import type { Graph } from '../graph/graph.ts';
import { sizeOf, type Shape, type Tensor, type TensorSpec } from '../graph/tensor.ts';
import {
  attention,
  dropout,
  embedding,
  matmul,
  pickRows,
  rmsNorm,
  rope,
  gated,
  writeRows,
} from '../kernels/ops.ts';
import {
  adapterA,
  adapterB,
  codesName,
  gridName,
  maskName,
  moduleShape,
  type AdapterPlan,
  type BaseForm,
  type ElasticPlan,
  type Held,
} from './elastic.ts';
import { mergedWeight } from './merged.ts';
import { ropeNames, rotaryDims } from './rope.ts';
import { structureOf } from './structure.ts';

export interface DecoderOptions extends BaseForm {
  readonly sequences: number;
  /** Rows (positions) of each sequence in this graph. */
  readonly length: number;
  readonly plan: ElasticPlan;
  /** What the store holds, for dtypes and shapes. */
  readonly specOf: (name: string) => TensorSpec;
  /** Rows of the stored rotary tables. */
  readonly ropePositions: number;
  /** Adapters receive gradients. */
  readonly trainable?: boolean;
  /** Probability on the adapter's input; 0 outside training. */
  readonly dropout?: number;
  /**
   * Which part of a batch this is, where a graph holds several decoders that take a part each; else 0. The inputs of
   * those after the first have the part's number in their names, and dropout goes on where the part before ended.
   */
  readonly part?: number;
  /** A KV cache of so many positions: one sequence, its first row at input `start`. */
  readonly cache?: number;
  /** Sees the input of every linear module (calibration). */
  readonly onInput?: (module: string, input: Tensor) => void;
}

/** An input's name in part `part` of a batch. */
export const partName = (name: string, part: number) => (part === 0 ? name : `${name}.${part}`);

interface Cut {
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
 * A decoder as a graph, of any architecture: what tells them apart is in `config.decoder`. Names are the checkpoint's.
 * Source of the arithmetic: transformers `modeling_<model_type>.py`.
 */
export class Decoder {
  readonly #graph: Graph;
  readonly #config: ModelConfig;
  readonly #options: DecoderOptions;
  readonly #limits: Tensor | null;
  readonly #seed: Tensor | null;
  readonly #start: Tensor | null;
  /** Modules with a bias. */
  readonly #biased: ReadonlySet<string>;

  constructor(graph: Graph, config: ModelConfig, options: DecoderOptions) {
    this.#graph = graph;
    this.#config = config;
    this.#options = options;
    const { plan, sequences, cache, part = 0 } = options;
    const input = (name: string) => partName(name, part);
    this.#limits = plan.columns > 0 ? graph.input(input('limits'), 'i32', [sequences, plan.columns]) : null;
    this.#seed = options.dropout ? graph.input(input('seed'), 'u32', [2]) : null;
    this.#start = cache ? graph.input('start', 'i32', [1]) : null;
    const { modules } = structureOf(config);
    this.#biased = new Set(modules.filter(({ bias }) => bias).map(({ name }) => name));
  }

  /** ids i32 [sequences · length] → hidden states [sequences · length, hidden]. */
  embed(ids: Tensor): Tensor {
    const { names, tied } = this.#config;
    const rows = this.#graph.apply(embedding, [this.#stored(`${names.embedding}.weight`), ids], {})[0]!;
    const module = tied ? names.head : names.embedding;
    const adapter = this.#options.plan.adapters.get(module);
    if (!adapter) return rows;
    // W + s·B·A, W [vocabulary, hidden]: the token's row of B chooses from A.
    const { a, b } = this.#adapter(module, adapter, [this.#config.vocabSize, this.#config.hiddenSize]);
    const low = this.#graph.apply(pickRows, [b, ids], {})[0]!;
    return this.#graph.apply(matmul, [low, a, rows, null, this.#limits, null], {
      orientation: 'nn',
      scale: adapter.scale,
      innerLimit: adapter.group,
      outerLimit: null,
      rowsPerSequence: this.#options.length,
    })[0]!;
  }

  block(layer: number, x: Tensor): Tensor {
    const attended = this.#attention(layer, x);
    return this.#feedForward(layer, attended);
  }

  blocks(x: Tensor): Tensor {
    let hidden = x;
    for (let layer = 0; layer < this.#config.layers; layer++) hidden = this.block(layer, hidden);
    return hidden;
  }

  /** Final norm and output head of some rows, of whichever sequences: an adapter on the head has a fixed rank. */
  head(x: Tensor): Tensor {
    const { names, tied } = this.#config;
    const normed = this.#norm(names.finalNorm, x);
    const values = this.#stored(`${tied ? names.embedding : names.head}.weight`);
    const logits = this.#matmul(normed, plain(values), {}, 1, this.#bias(names.head));
    return this.#adapted(names.head, normed, logits, values.shape, {});
  }

  #attention(layer: number, x: Tensor): Tensor {
    const { names, headDim, decoder } = this.#config;
    const { length, cache, plan } = this.#options;
    const query = plan.heads[layer]?.query ?? null;
    const keyValue = { outerLimit: plan.heads[layer]?.keyValue ?? null };
    const normed = this.#norm(inBlock(this.#config, layer, names.norms.attentionInput), x);
    const q = this.#rotate(this.#linear(this.#name(layer, 'q'), normed, { outerLimit: query }));
    const keys = this.#rotate(this.#linear(this.#name(layer, 'k'), normed, keyValue));
    const k = this.#cached(cacheName(layer, 'k'), keys);
    const v = this.#cached(cacheName(layer, 'v'), this.#linear(this.#name(layer, 'v'), normed, keyValue));
    const [mixed] = this.#graph.apply(attention, [q, k, v, this.#start], {
      // A finished model may keep fewer heads in one block than in another.
      heads: q.shape[1]! / headDim,
      kvHeads: k.shape[1]! / headDim,
      headDim,
      queriesPerSequence: length,
      keysPerSequence: cache ?? length,
      scale: decoder.scoreScale,
    });
    const outerLimit = plan.blocks[layer] ?? null;
    return this.#linear(this.#name(layer, 'o'), mixed!, { innerLimit: query, outerLimit, addend: x });
  }

  #feedForward(layer: number, x: Tensor): Tensor {
    const { widths, blocks } = this.#options.plan;
    const { norms } = this.#config.names;
    const width = widths[layer] ?? null;
    const normed = this.#norm(inBlock(this.#config, layer, norms.feedForwardInput!), x);
    const gate = this.#linear(this.#name(layer, 'gate'), normed, { outerLimit: width });
    const up = this.#linear(this.#name(layer, 'up'), normed, { outerLimit: width });
    const [active] = this.#graph.apply(gated, [gate, up], { kind: 'silu' });
    const outerLimit = blocks[layer] ?? null;
    return this.#linear(this.#name(layer, 'down'), active!, { innerLimit: width, outerLimit, addend: x });
  }

  #name(layer: number, role: BlockRole): string {
    return inBlock(this.#config, layer, this.#config.names.linear[role]!);
  }

  /** A linear module and, where the plan has one, its adapter: beside the weight, or merged into it. */
  #linear(module: string, x: Tensor, cut: Cut): Tensor {
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
  #adapter(module: string, { rank }: AdapterPlan, [rows, columns]: Shape): { a: Tensor; b: Tensor } {
    const { trainable = false } = this.#options;
    return {
      a: this.#graph.stored(adapterA(module), 'f32', [rank, columns!], trainable),
      b: this.#graph.stored(adapterB(module), 'f32', [rows!, rank], trainable),
    };
  }

  #weight(module: string): Weight {
    const { masked, quantized } = this.#options;
    if (quantized.has(module)) {
      return { values: this.#stored(codesName(module)), mask: null, grid: this.#stored(gridName(module)) };
    }
    const mask = masked.has(module) ? this.#stored(maskName(module)) : null;
    return { values: this.#stored(`${module}.weight`), mask, grid: null };
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
      rowsPerSequence: this.#options.length,
    })[0]!;
  }

  #norm(name: string, x: Tensor): Tensor {
    return this.#graph.apply(rmsNorm, [x, this.#stored(`${name}.weight`)], {
      epsilon: this.#config.normEpsilon,
    })[0]!;
  }

  #rotate(x: Tensor): Tensor {
    const { headDim } = this.#config;
    const shape = [this.#options.ropePositions, rotaryDims(this.#config) / 2];
    const names = ropeNames(this.#options.ropePositions);
    const cos = this.#graph.stored(names.cos, 'f32', shape);
    const sin = this.#graph.stored(names.sin, 'f32', shape);
    const attributes = { headDim, rowsPerSequence: this.#options.length, inverse: false };
    return this.#graph.apply(rope, [x, cos, sin, this.#start], attributes)[0]!;
  }

  #cached(name: string, value: Tensor): Tensor {
    const { cache } = this.#options;
    if (!cache) return value;
    const stored = this.#graph.stored(name, 'f32', [cache, value.shape[1]!]);
    return this.#graph.apply(writeRows, [stored, value, this.#start!], {})[0]!;
  }

  #bias(module: string): Tensor | null {
    return this.#biased.has(module) ? this.#stored(`${module}.bias`) : null;
  }

  #stored(name: string): Tensor {
    const { dtype, shape } = this.#options.specOf(name);
    return this.#graph.stored(name, dtype, shape);
  }
}

/** The stored KV cache of a block. */
const cacheName = (layer: number, part: 'k' | 'v') => `cache.${layer}.${part}`;

/** What `DecoderOptions.cache` keeps in the store for `rows` positions: name → spec. */
export function cacheSpecs(model: Held, rows: number): Map<string, TensorSpec> {
  const { kvHeads, headDim, layers, names } = model.config;
  const specs = new Map<string, TensorSpec>();
  for (let layer = 0; layer < layers; layer++) {
    // A finished model may keep fewer heads in one block than in another.
    const cut = names.linear.k && inBlock(model.config, layer, names.linear.k);
    const columns = cut ? moduleShape(model, cut)[0] : kvHeads * headDim;
    for (const part of ['k', 'v'] as const)
      specs.set(cacheName(layer, part), { dtype: 'f32', shape: [rows, columns] });
  }
  return specs;
}

const plain = (values: Tensor): Weight => ({ values, mask: null, grid: null });
