import { inBlock, type BlockRole, type ModelConfig } from '../../formats/model-config.ts';
import type { OnnxModel } from '../../formats/onnx-write.ts';
import type { FinishedModel } from '../exporter.ts';
import { attend, headSplit, masks, rotation, type Masks, type Rotation } from './attention.ts';
import { OnnxGraph } from './graph.ts';
import { head, linear, picked } from './linear.ts';
import { activate, capped, norm, scaled } from './parts.ts';
import { OnnxWeights } from './weights.ts';

/**
 * A finished model as an ONNX decoder with a KV cache, in the interface of optimum's `text-generation-with-past`:
 * input_ids and position_ids [batch, sequence], attention_mask [batch, past + sequence], past_key_values.N.key and .value
 * [batch, kvHeads, past, headDim] → logits [batch, sequence, vocabulary], present.N.key and .value. The first call has a
 * past of 0 positions. Sequences of a batch are padded on the left, with 0 in attention_mask. Every block has its own
 * width and number of heads.
 */
export function decoderModel(model: FinishedModel): OnnxModel {
  return new DecoderGraph(model).build();
}

/** Inputs that serve every block. */
interface Shared {
  readonly masks: Masks;
  readonly rotation: Rotation | null;
}

class DecoderGraph {
  readonly #graph = new OnnxGraph();
  readonly #weights: OnnxWeights;
  readonly #config: ModelConfig;
  readonly #name: string;

  constructor(model: FinishedModel) {
    this.#weights = new OnnxWeights(model);
    this.#config = model.config;
    this.#name = model.name;
  }

  build(): OnnxModel {
    const { layers, names, tied, vocabSize, decoder } = this.#config;
    const [graph, weights] = [this.#graph, this.#weights];
    const rows = ['batch_size', 'sequence_length'];
    const ids = graph.input({ name: 'input_ids', type: 'i64', shape: rows });
    const mask = graph.input({
      name: 'attention_mask',
      type: 'i64',
      shape: ['batch_size', 'total_sequence_length'],
    });
    const positions = graph.input({ name: 'position_ids', type: 'i64', shape: rows });
    graph.within('positions');
    const shared: Shared = {
      masks: masks(graph, ids, mask, decoder.windows),
      rotation: rotation(graph, this.#config, positions),
    };
    let x = this.#embed(ids, positions);
    for (let layer = 0; layer < layers; layer++) x = this.#block(layer, x, shared);
    const normed = norm(graph, weights, this.#config, names.finalNorm, x);
    const logits = head(graph, weights, names, tied, normed);
    graph.apply('Identity', [capped(graph, logits, decoder.logitCap)], { as: 'logits' });
    graph.output({ name: 'logits', type: 'f32', shape: [...rows, vocabSize] });
    weights.requireAllUsed();
    return graph.finish(this.#name);
  }

  #embed(ids: string, positions: string): string {
    const { names, decoder } = this.#config;
    this.#graph.within(names.embedding);
    const rows = picked(this.#graph, this.#weights, `${names.embedding}.weight`, ids);
    const x = scaled(this.#graph, rows, decoder.embeddingScale);
    if (decoder.positions.kind !== 'learned') return x;
    const { offset } = decoder.positions;
    this.#graph.within(names.positions!);
    const places =
      offset === 0 ? positions : this.#graph.apply('Add', [positions, this.#graph.integers(offset)]);
    return this.#graph.apply('Add', [
      x,
      picked(this.#graph, this.#weights, `${names.positions!}.weight`, places),
    ]);
  }

  #block(layer: number, x: string, shared: Shared): string {
    const { names, decoder } = this.#config;
    const { norms } = names;
    const input = this.#norm(layer, norms.attentionInput, x);
    const mixed = this.#after(layer, norms.attentionOutput, this.#attention(layer, input, shared));
    const attended = this.#graph.apply('Add', [x, mixed]);
    const base = decoder.residual === 'sequential' ? attended : x;
    // With a shared norm both read the same.
    const fed = norms.feedForwardInput === null ? input : this.#norm(layer, norms.feedForwardInput, base);
    const out = this.#after(layer, norms.feedForwardOutput, this.#feedForward(layer, fed));
    return this.#graph.apply('Add', [attended, out]);
  }

  #attention(layer: number, x: string, { masks: byWindow, rotation: turn }: Shared): string {
    const { headDim, decoder, names } = this.#config;
    const graph = this.#graph;
    const parts = headSplit(graph, this.#projections(layer, x), this.#config);
    const normed = (part: string, name: string | undefined) =>
      name === undefined ? part : this.#norm(layer, name, part);
    const mixed = attend(graph, {
      layer,
      headDim,
      q: normed(parts.q, names.norms.query),
      k: normed(parts.k, names.norms.key),
      v: parts.v,
      heads: parts.heads,
      kvHeads: parts.kvHeads,
      scale: decoder.scoreScale,
      cap: decoder.scoreCap,
      mask: byWindow.of(decoder.windows[layer] ?? null),
      turn,
    });
    return linear(graph, this.#weights, this.#module(layer, 'o'), mixed);
  }

  /** q, k and v as they come out of their modules, or the one that holds all three; with their numbers of columns. */
  #projections(layer: number, x: string) {
    const { linear: roles } = this.#config.names;
    const column = (role: BlockRole) => {
      const module = this.#module(layer, role);
      const value = linear(this.#graph, this.#weights, module, x);
      return { value, columns: this.#weights.shape(module)[0] };
    };
    return roles.qkv === undefined
      ? { q: column('q'), k: column('k'), v: column('v') }
      : { qkv: column('qkv') };
  }

  #feedForward(layer: number, x: string): string {
    const { mlp, activation } = this.#config.decoder;
    const through = (role: BlockRole, value: string) =>
      linear(this.#graph, this.#weights, this.#module(layer, role), value);
    const active = activate(this.#graph, activation, through(mlp === 'gated' ? 'gate' : 'up', x));
    const inner = mlp === 'gated' ? this.#graph.apply('Mul', [active, through('up', x)]) : active;
    return through('down', inner);
  }

  /** A norm on the way back into the residual, where the architecture has one. */
  #after(layer: number, name: string | undefined, x: string): string {
    return name === undefined ? x : this.#norm(layer, name, x);
  }

  #norm(layer: number, name: string, x: string): string {
    return norm(this.#graph, this.#weights, this.#config, inBlock(this.#config, layer, name), x);
  }

  #module(layer: number, role: BlockRole): string {
    return inBlock(this.#config, layer, this.#config.names.linear[role]!);
  }
}
