import type { ModelConfig } from '../../formats/model-config.ts';
import type { Kept } from './extent.ts';

/** What config.json calls a size, by architecture; the first is what most of them say. */
const names = {
  layers: ['num_hidden_layers', 'n_layer', 'num_layers'],
  width: ['intermediate_size', 'n_inner', 'ffn_dim'],
  heads: ['num_attention_heads', 'n_head'],
  kvHeads: ['num_key_value_heads'],
  headDim: ['head_dim'],
} as const;

/** Keys of config.json that hold a value a layer. */
const perLayer = ['layer_types', 'mlp_layer_types', 'no_rope_layers'];

/** The config of what a sub-network keeps, in the sizes of its largest block; `raw` follows. */
export function keptConfig(config: ModelConfig, kept: Kept): ModelConfig {
  const { width, query, keyValue } = kept.widest();
  const windows = kept.blocks.map(({ block }) => config.decoder.windows[block] ?? null);
  const sized = {
    ...config,
    layers: kept.blocks.length,
    intermediateSize: width,
    heads: query / config.headDim,
    kvHeads: keyValue / config.headDim,
    decoder: { ...config.decoder, windows },
  };
  return { ...sized, raw: rawOf(config, sized, kept) };
}

function rawOf({ raw, ...before }: ModelConfig, sized: ModelConfig, kept: Kept): ModelConfig['raw'] {
  const { layers, intermediateSize: width, heads, kvHeads, headDim, hiddenSize, tied } = sized;
  // What the config says of every layer, it says of those that are left.
  const lists = perLayer.filter((key) => Array.isArray(raw[key]));
  const left = (key: string) => kept.blocks.map(({ block }) => (raw[key] as unknown[])[block]);
  /** Under the name that the config has; where it has none, only if readers would not find the value themselves. */
  const stated = (size: keyof typeof names, value: number, needed: boolean) => {
    const own = names[size].filter((name) => name.startsWith('n_') === 'n_embd' in raw);
    const key = names[size].find((name) => name in raw) ?? (needed ? own[0] : undefined);
    return key === undefined ? {} : { [key]: value };
  };
  return {
    ...raw,
    ...Object.fromEntries(lists.map((key) => [key, left(key)])),
    ...windowKinds(before.decoder, sized, raw),
    tie_word_embeddings: tied,
    ...stated('layers', layers, true),
    ...stated('width', width, width !== before.intermediateSize),
    ...stated('heads', heads, true),
    ...stated('kvHeads', kvHeads, kvHeads !== heads),
    ...stated('headDim', headDim, headDim * heads !== hiddenSize),
  };
}

/** Where blocks are gone, which of those left look through a window no longer follows from their number. */
function windowKinds(
  { windows: before }: ModelConfig['decoder'],
  { decoder: { windows } }: ModelConfig,
  raw: ModelConfig['raw'],
): Record<string, unknown> {
  const mixed = new Set(before).size > 1;
  if (!mixed || before.length === windows.length || Array.isArray(raw['layer_types'])) return {};
  return { layer_types: windows.map((size) => (size === null ? 'full_attention' : 'sliding_attention')) };
}
