import type { ModelConfig } from '../formats/model-config.ts';
import type { Graph } from '../graph/graph.ts';
import type { Tensor, TensorSpec } from '../graph/tensor.ts';
import { attention, dropout, embedding, matmul, rmsNorm, rope, swiglu, writeRows } from '../kernels/ops.ts';
import { ropeNames } from './rope.ts';
import { adapterA, adapterB, maskName, type ElasticPlan } from './elastic.ts';

export interface DecoderOptions {
  readonly sequences: number;
  /** Rows (positions) of each sequence in this graph. */
  readonly length: number;
  readonly plan: ElasticPlan;
  /** Modules whose stored element mask applies. */
  readonly masked: ReadonlySet<string>;
  /** What the store holds, for dtypes and shapes. */
  readonly specOf: (name: string) => TensorSpec;
  /** Rows of the stored rotary tables. */
  readonly ropePositions: number;
  /** Adapters receive gradients. */
  readonly trainable?: boolean;
  /** Probability on the adapter's input; 0 outside training. */
  readonly dropout?: number;
  /** A KV cache of so many positions: one sequence, its first row at input `start`. */
  readonly cache?: number;
  /** Sees the input of every linear module (calibration). */
  readonly onInput?: (module: string, input: Tensor) => void;
}

/** The linear modules of a block, in the order of the forward pass. */
export function blockModules(layer: number): string[] {
  const prefix = `model.layers.${layer}`;
  const attentionModules = ['q', 'k', 'v', 'o'].map((role) => `${prefix}.self_attn.${role}_proj`);
  return [...attentionModules, ...['gate', 'up', 'down'].map((role) => `${prefix}.mlp.${role}_proj`)];
}

/** Block index in a module's name; 0 outside blocks. */
export function layerOf(module: string): number {
  return Number(/\.layers\.(\d+)\./.exec(module)?.[1] ?? 0);
}

interface Cut {
  readonly addend?: Tensor;
  /** Columns of `limits` that cut the module's inputs and outputs. */
  readonly innerLimit?: number | null;
  readonly outerLimit?: number | null;
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
    const { plan, sequences, cache } = options;
    this.#limits = plan.groups > 0 ? graph.input('limits', 'i32', [sequences, plan.groups]) : null;
    this.#seed = options.dropout ? graph.input('seed', 'u32', [2]) : null;
    this.#start = cache ? graph.input('start', 'i32', [1]) : null;
  }

  /** ids i32 [sequences · length] → hidden states [sequences · length, hidden]. */
  embed(ids: Tensor): Tensor {
    return this.#graph.apply(embedding, [this.#weight('model.embed_tokens.weight'), ids], {})[0]!;
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

  /** Final norm and output head of some rows. */
  head(x: Tensor): Tensor {
    const normed = this.#norm('model.norm', x);
    const name = this.#config.tied ? 'model.embed_tokens' : 'lm_head';
    return this.#matmul(normed, this.#weight(`${name}.weight`), {});
  }

  #attention(layer: number, x: Tensor): Tensor {
    const { heads, kvHeads, headDim } = this.#config;
    const { length, cache } = this.#options;
    const prefix = `model.layers.${layer}.self_attn`;
    const normed = this.#norm(`model.layers.${layer}.input_layernorm`, x);
    const q = this.#rotate(this.#linear(`${prefix}.q_proj`, normed));
    const k = this.#cached(`${prefix}.k_cache`, this.#rotate(this.#linear(`${prefix}.k_proj`, normed)));
    const v = this.#cached(`${prefix}.v_cache`, this.#linear(`${prefix}.v_proj`, normed));
    const [mixed] = this.#graph.apply(attention, [q, k, v, this.#start], {
      heads,
      kvHeads,
      headDim,
      queriesPerSequence: length,
      keysPerSequence: cache ?? length,
      scale: headDim ** -0.5,
    });
    return this.#linear(`${prefix}.o_proj`, mixed!, { addend: x });
  }

  #feedForward(layer: number, x: Tensor): Tensor {
    const prefix = `model.layers.${layer}.mlp`;
    const width = this.#options.plan.widths[layer] ?? null;
    const normed = this.#norm(`model.layers.${layer}.post_attention_layernorm`, x);
    const gate = this.#linear(`${prefix}.gate_proj`, normed, { outerLimit: width });
    const up = this.#linear(`${prefix}.up_proj`, normed, { outerLimit: width });
    const [active] = this.#graph.apply(swiglu, [gate, up], {});
    return this.#linear(`${prefix}.down_proj`, active!, { innerLimit: width, addend: x });
  }

  /** A linear module and, where the plan has one, its adapter: Y = X Wᵀ + b + s·(drop(X) A_ρᵀ) B_ρᵀ. */
  #linear(module: string, x: Tensor, cut: Cut = {}): Tensor {
    const { plan, masked, onInput, dropout: probability } = this.#options;
    onInput?.(module, x);
    const weight = this.#weight(`${module}.weight`);
    const mask = masked.has(module) ? this.#weight(maskName(module)) : null;
    const base = this.#matmul(x, weight, cut, 1, mask, this.#bias(module));
    const adapter = plan.adapters.get(module);
    if (!adapter) return base;
    const { rank, scale, group, index } = adapter;
    const { trainable = false } = this.#options;
    const a = this.#graph.stored(adapterA(module), 'f32', [rank, weight.shape[1]!], trainable);
    const b = this.#graph.stored(adapterB(module), 'f32', [weight.shape[0]!, rank], trainable);
    const input = this.#seed
      ? this.#graph.apply(dropout, [x, this.#seed], { probability: probability!, stream: index })[0]!
      : x;
    const low = this.#matmul(input, a, { innerLimit: cut.innerLimit ?? null, outerLimit: group });
    return this.#matmul(
      low,
      b,
      { innerLimit: group, outerLimit: cut.outerLimit ?? null, addend: base },
      scale,
    );
  }

  #matmul(
    x: Tensor,
    w: Tensor,
    { addend, innerLimit, outerLimit }: Cut,
    scale = 1,
    mask: Tensor | null = null,
    bias: Tensor | null = null,
  ): Tensor {
    return this.#graph.apply(matmul, [x, w, addend ?? null, bias, this.#limits, mask], {
      orientation: 'nt',
      scale,
      innerLimit: innerLimit ?? null,
      outerLimit: outerLimit ?? null,
      rowsPerSequence: this.#options.length,
    })[0]!;
  }

  #norm(name: string, x: Tensor): Tensor {
    return this.#graph.apply(rmsNorm, [x, this.#weight(`${name}.weight`)], {
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
    return (module.includes('.mlp.') ? mlpBias : attentionBias) ? this.#weight(`${module}.bias`) : null;
  }

  #weight(name: string): Tensor {
    const { dtype, shape } = this.#options.specOf(name);
    return this.#graph.stored(name, dtype, shape);
  }
}
