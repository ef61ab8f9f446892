import type { ModelConfig } from '../formats/model-config.ts';
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
  swiglu,
  writeRows,
} from '../kernels/ops.ts';
import {
  adapterA,
  adapterB,
  codesName,
  gridName,
  maskName,
  type AdapterPlan,
  type BaseForm,
  type ElasticPlan,
} from './elastic.ts';
import { mergedWeight } from './merged.ts';
import { ropeNames } from './rope.ts';
import { embeddingModule, headModule } from './structure.ts';

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

/** The linear modules of a block, in the order of the forward pass. */
export function blockModules(layer: number): string[] {
  const prefix = `model.layers.${layer}`;
  const attentionModules = ['q', 'k', 'v', 'o'].map((role) => `${prefix}.self_attn.${role}_proj`);
  return [...attentionModules, ...['gate', 'up', 'down'].map((role) => `${prefix}.mlp.${role}_proj`)];
}

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
 * The Llama decoder as a graph: RMSNorm, rotary grouped-query attention, SwiGLU. Names are the checkpoint's.
 * Source of the arithmetic: transformers `modeling_llama.py`.
 */
export class LlamaDecoder {
  readonly #graph: Graph;
  readonly #config: ModelConfig;
  readonly #options: DecoderOptions;
  readonly #limits: Tensor | null;
  readonly #seed: Tensor | null;
  readonly #start: Tensor | null;

  constructor(graph: Graph, config: ModelConfig, options: DecoderOptions) {
    this.#graph = graph;
    this.#config = config;
    this.#options = options;
    const { plan, sequences, cache, part = 0 } = options;
    const input = (name: string) => partName(name, part);
    this.#limits = plan.columns > 0 ? graph.input(input('limits'), 'i32', [sequences, plan.columns]) : null;
    this.#seed = options.dropout ? graph.input(input('seed'), 'u32', [2]) : null;
    this.#start = cache ? graph.input('start', 'i32', [1]) : null;
  }

  /** ids i32 [sequences · length] → hidden states [sequences · length, hidden]. */
  embed(ids: Tensor): Tensor {
    const rows = this.#graph.apply(embedding, [this.#stored(`${embeddingModule}.weight`), ids], {})[0]!;
    const module = this.#config.tied ? headModule : embeddingModule;
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
    const normed = this.#norm('model.norm', x);
    const name = this.#config.tied ? embeddingModule : headModule;
    const values = this.#stored(`${name}.weight`);
    const logits = this.#matmul(normed, { values, mask: null, grid: null }, {});
    return this.#adapted(headModule, normed, logits, values.shape, {});
  }

  #attention(layer: number, x: Tensor): Tensor {
    const { headDim } = this.#config;
    const { length, cache, plan } = this.#options;
    const prefix = `model.layers.${layer}.self_attn`;
    const query = plan.heads[layer]?.query ?? null;
    const keyValue = { outerLimit: plan.heads[layer]?.keyValue ?? null };
    const normed = this.#norm(`model.layers.${layer}.input_layernorm`, x);
    const q = this.#rotate(this.#linear(`${prefix}.q_proj`, normed, { outerLimit: query }));
    const keys = this.#rotate(this.#linear(`${prefix}.k_proj`, normed, keyValue));
    const k = this.#cached(`${prefix}.k_cache`, keys);
    const v = this.#cached(`${prefix}.v_cache`, this.#linear(`${prefix}.v_proj`, normed, keyValue));
    const [mixed] = this.#graph.apply(attention, [q, k, v, this.#start], {
      // A finished model may keep fewer heads in one block than in another.
      heads: q.shape[1]! / headDim,
      kvHeads: k.shape[1]! / headDim,
      headDim,
      queriesPerSequence: length,
      keysPerSequence: cache ?? length,
      scale: headDim ** -0.5,
    });
    const outerLimit = plan.blocks[layer] ?? null;
    return this.#linear(`${prefix}.o_proj`, mixed!, { innerLimit: query, outerLimit, addend: x });
  }

  #feedForward(layer: number, x: Tensor): Tensor {
    const prefix = `model.layers.${layer}.mlp`;
    const { widths, blocks } = this.#options.plan;
    const width = widths[layer] ?? null;
    const normed = this.#norm(`model.layers.${layer}.post_attention_layernorm`, x);
    const gate = this.#linear(`${prefix}.gate_proj`, normed, { outerLimit: width });
    const up = this.#linear(`${prefix}.up_proj`, normed, { outerLimit: width });
    const [active] = this.#graph.apply(swiglu, [gate, up], {});
    const outerLimit = blocks[layer] ?? null;
    return this.#linear(`${prefix}.down_proj`, active!, { innerLimit: width, outerLimit, addend: x });
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
    const shape = [this.#options.ropePositions, headDim / 2];
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
    const { attentionBias, mlpBias } = this.#config;
    return (module.includes('.mlp.') ? mlpBias : attentionBias) ? this.#stored(`${module}.bias`) : null;
  }

  #stored(name: string): Tensor {
    const { dtype, shape } = this.#options.specOf(name);
    return this.#graph.stored(name, dtype, shape);
  }
}

const plain = (values: Tensor): Weight => ({ values, mask: null, grid: null });
