import { inBlock, type BlockRole, type ModelConfig } from '../formats/model-config.ts';
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import {
  activate,
  add,
  addPositions,
  attention,
  embedding,
  gated,
  gatherRows,
  layerNorm,
  rmsNorm,
  rope,
  scaled,
  softcap,
  splitHeads,
  writeRows,
} from '../kernels/ops.ts';
import { cacheName } from './cache.ts';
import { LinearModules, type LinearOptions } from './linear.ts';
import { ropeNames, rotaryDims } from './rope.ts';

export interface DecoderOptions extends LinearOptions {
  /** Rows of the stored rotary tables. */
  readonly ropePositions: number;
  /** A KV cache of so many positions a sequence: the first row of each is at its number in input `start`. */
  readonly cache?: number;
}

export interface BlockRange {
  readonly from?: number;
  readonly to?: number;
  readonly window?: Window | null;
}

/** The rows that are asked for where a block ends a graph: so many neighbours of every sequence. */
export interface Window {
  readonly count: number;
  /** i32 [sequences · count] flat rows sequence · length + position; −1: none. */
  readonly rows: Tensor;
  /** i32 [sequences] position of each sequence's first row. */
  readonly first: Tensor;
}

/**
 * A decoder as a graph, of any architecture: what tells them apart is in `config.decoder`. Names are the checkpoint's.
 * Source of the arithmetic: transformers `modeling_<model_type>.py`.
 */
export class Decoder {
  readonly #graph: Graph;
  readonly #config: ModelConfig;
  readonly #options: DecoderOptions;
  readonly #linear: LinearModules;
  readonly #start: Tensor | null;

  constructor(graph: Graph, config: ModelConfig, options: DecoderOptions) {
    this.#graph = graph;
    this.#config = config;
    this.#options = options;
    this.#linear = new LinearModules(graph, config, options);
    this.#start = options.cache ? graph.input('start', 'i32', [options.sequences]) : null;
  }

  /** ids i32 [sequences · length] → hidden states [sequences · length, hidden]. */
  embed(ids: Tensor): Tensor {
    const { names, tied, decoder, vocabSize, hiddenSize } = this.#config;
    const table = this.#linear.stored(`${names.embedding}.weight`);
    const rows = this.#graph.apply(embedding, [table, ids], {})[0]!;
    const module = tied ? names.head : names.embedding;
    const x = this.#linear.pickAdapted(module, ids, rows, [vocabSize, hiddenSize]);
    return this.#positioned(this.#scaled(x, decoder.embeddingScale));
  }

  /** With a window, only its rows come out [sequences · count, hidden]; keys and values are made of all. */
  block(layer: number, x: Tensor, window: Window | null = null): Tensor {
    const { norms } = this.#config.names;
    const { residual } = this.#config.decoder;
    const normed = this.#norm(this.#inBlock(layer, norms.attentionInput), x);
    const before = this.#seen(x, window);
    const attended = this.#attention(layer, normed, before, window);
    const shared = residual === 'parallel-shared-norm';
    const from = residual === 'sequential' ? attended : before;
    const input = shared
      ? this.#seen(normed, window)
      : this.#norm(this.#inBlock(layer, norms.feedForwardInput!), from);
    return this.#feedForward(layer, input, attended);
  }

  /** Blocks `from` … `to` − 1; a window is that of the last one. */
  blocks(x: Tensor, { from = 0, to = this.#config.layers, window = null }: BlockRange = {}): Tensor {
    let hidden = x;
    for (let layer = from; layer < to; layer++)
      hidden = this.block(layer, hidden, layer === to - 1 ? window : null);
    return hidden;
  }

  /** What a window shows of the rows of a tensor. */
  #seen(x: Tensor, window: Window | null): Tensor {
    return window ? this.#graph.apply(gatherRows, [x, window.rows], {})[0]! : x;
  }

  /** Final norm and output head of some rows, of whichever sequences: an adapter on the head has a fixed rank. */
  head(x: Tensor): Tensor {
    const { names, tied, decoder } = this.#config;
    const normed = this.#norm(names.finalNorm, x);
    const weight = `${tied ? names.embedding : names.head}.weight`;
    const logits = this.#linear.head(names.head, weight, normed);
    const { logitCap: cap } = decoder;
    return cap === null ? logits : this.#graph.apply(softcap, [logits], { cap })[0]!;
  }

  /** Attention of a normed input, added to `residual`. */
  #attention(layer: number, normed: Tensor, residual: Tensor, window: Window | null): Tensor {
    const { headDim, decoder } = this.#config;
    const { length, cache, plan } = this.#options;
    const { q, k, v } = this.#queriesKeysValues(layer, normed, window);
    const start = window ? window.first : this.#start;
    const [mixed] = this.#graph.apply(
      attention,
      [q, this.#cached(layer, 'k', k), this.#cached(layer, 'v', v), start],
      {
        // A finished model may keep fewer heads in one block than in another.
        heads: q.shape[1]! / headDim,
        kvHeads: k.shape[1]! / headDim,
        headDim,
        queriesPerSequence: window?.count ?? length,
        keysPerSequence: cache ?? length,
        scale: decoder.scoreScale,
        window: decoder.windows[layer] ?? null,
        softcap: decoder.scoreCap,
      },
    );
    const innerLimit = plan.heads[layer]?.query ?? null;
    const { attentionOutput } = this.#config.names.norms;
    return this.#output(layer, 'o', mixed!, innerLimit, attentionOutput, residual);
  }

  #queriesKeysValues(
    layer: number,
    normed: Tensor,
    window: Window | null,
  ): { q: Tensor; k: Tensor; v: Tensor } {
    const { fused } = this.#config.decoder;
    const { query, key } = this.#config.names.norms;
    const limit = this.#options.plan.heads[layer];
    const part = (role: BlockRole, x: Tensor, outerLimit: number | null = null) =>
      this.#linear.apply(this.#name(layer, role), x, { outerLimit });
    const [q, k, v] = fused
      ? this.#split(part('qkv', normed), fused)
      : [
          part('q', this.#seen(normed, window), limit?.query),
          part('k', normed, limit?.keyValue),
          part('v', normed, limit?.keyValue),
        ];
    const queries = fused ? this.#seen(q!, window) : q!;
    return {
      q: this.#rotate(this.#normHeads(layer, query, queries), window),
      k: this.#rotate(this.#normHeads(layer, key, k!)),
      v: v!,
    };
  }

  #split(x: Tensor, order: 'by-part' | 'by-head'): Tensor[] {
    const { heads, headDim } = this.#config;
    const [headStride, partStride] =
      order === 'by-head' ? [3 * headDim, headDim] : [headDim, heads * headDim];
    return this.#graph.apply(splitHeads, [x], { heads, headDim, headStride, partStride });
  }

  /** The FFN of a normed input, added to `residual`. */
  #feedForward(layer: number, normed: Tensor, residual: Tensor): Tensor {
    const { mlp, activation: kind } = this.#config.decoder;
    const width = this.#options.plan.widths[layer] ?? null;
    const part = (role: BlockRole) =>
      this.#linear.apply(this.#name(layer, role), normed, { outerLimit: width });
    const [active] =
      mlp === 'gated'
        ? this.#graph.apply(gated, [part('gate'), part('up')], { kind })
        : this.#graph.apply(activate, [part('up')], { kind });
    return this.#output(layer, 'down', active!, width, this.#config.names.norms.feedForwardOutput, residual);
  }

  /** What a block adds to the residual: nothing where the block is taken out. */
  #output(
    layer: number,
    role: 'o' | 'down',
    x: Tensor,
    innerLimit: number | null,
    norm: string | undefined,
    residual: Tensor,
  ): Tensor {
    const outerLimit = this.#options.plan.blocks[layer] ?? null;
    const module = this.#name(layer, role);
    if (norm === undefined)
      return this.#linear.apply(module, x, { innerLimit, outerLimit, addend: residual });
    const y = this.#linear.apply(module, x, { innerLimit, outerLimit });
    return this.#graph.apply(add, [residual, this.#norm(this.#inBlock(layer, norm), y)], {})[0]!;
  }

  #inBlock(layer: number, name: string): string {
    return inBlock(this.#config, layer, name);
  }

  #name(layer: number, role: BlockRole): string {
    return this.#inBlock(layer, this.#config.names.linear[role]!);
  }

  #norm(name: string, x: Tensor): Tensor {
    const { decoder, normEpsilon: epsilon } = this.#config;
    const weight = this.#linear.stored(`${name}.weight`);
    if (decoder.norm === 'layer') {
      const bias = this.#linear.stored(`${name}.bias`);
      return this.#graph.apply(layerNorm, [x, weight, bias], { epsilon })[0]!;
    }
    const offset = decoder.norm === 'rms-plus-one' ? 1 : 0;
    return this.#graph.apply(rmsNorm, [x, weight], { epsilon, offset })[0]!;
  }

  #normHeads(layer: number, name: string | undefined, x: Tensor): Tensor {
    return name === undefined ? x : this.#norm(this.#inBlock(layer, name), x);
  }

  #rotate(x: Tensor, window: Window | null = null): Tensor {
    const rotaryDim = rotaryDims(this.#config);
    if (rotaryDim === 0) return x;
    const { headDim } = this.#config;
    const { ropePositions, length } = this.#options;
    const rowsPerSequence = window?.count ?? length;
    const names = ropeNames(ropePositions);
    const [cos, sin] = [names.cos, names.sin].map((name) =>
      this.#graph.stored(name, 'f32', [ropePositions, rotaryDim / 2]),
    );
    const attributes = { headDim, rotaryDim, rowsPerSequence, inverse: false };
    return this.#graph.apply(rope, [x, cos!, sin!, window ? window.first : this.#start], attributes)[0]!;
  }

  /** Learned positions are added to the embedding. */
  #positioned(x: Tensor): Tensor {
    const { names, decoder } = this.#config;
    if (decoder.positions.kind !== 'learned') return x;
    const table = this.#linear.stored(`${names.positions!}.weight`);
    return this.#graph.apply(addPositions, [x, table, this.#start], {
      rowsPerSequence: this.#options.length,
      offset: decoder.positions.offset,
    })[0]!;
  }

  #scaled(x: Tensor, factor: number): Tensor {
    return factor === 1 ? x : this.#graph.apply(scaled, [x], { factor })[0]!;
  }

  #cached(layer: number, part: 'k' | 'v', value: Tensor): Tensor {
    const { cache, sequences } = this.#options;
    if (!cache) return value;
    const stored = this.#graph.stored(cacheName(layer, part), 'f32', [sequences * cache, value.shape[1]!]);
    return this.#graph.apply(writeRows, [stored, value, this.#start!], { sequences })[0]!;
  }
}
