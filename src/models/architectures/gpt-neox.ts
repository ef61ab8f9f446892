import { z } from 'zod';
import type { Architecture } from '../../formats/architecture.ts';
import {
  activationOf,
  epsilon,
  readFields,
  ropeFields,
  ropeOf,
  sizeFields,
  sizesOf,
  tokenFields,
  tokensOf,
} from '../../formats/config-fields.ts';
import type { ModelNames } from '../../formats/model-config.ts';
import { llamaTraits } from './llama.ts';

const schema = z.object({
  ...sizeFields,
  ...tokenFields,
  ...ropeFields,
  layer_norm_eps: epsilon.default(1e-5),
  hidden_act: z.string().default('gelu'),
  rotary_pct: z.number().gt(0).max(1).nullish(),
  rotary_emb_base: z.number().gt(0).nullish(),
  use_parallel_residual: z.boolean().nullish(),
  attention_bias: z.boolean().nullish(),
});

const names: ModelNames = {
  embedding: 'gpt_neox.embed_in',
  positions: null,
  finalNorm: 'gpt_neox.final_layer_norm',
  head: 'embed_out',
  blocks: 'gpt_neox.layers',
  linear: {
    qkv: 'attention.query_key_value',
    o: 'attention.dense',
    up: 'mlp.dense_h_to_4h',
    down: 'mlp.dense_4h_to_h',
  },
  norms: { attentionInput: 'input_layernorm', feedForwardInput: 'post_attention_layernorm' },
};

/** Pythia: partial rotary positions, attention and FFN in parallel. Source: transformers `modeling_gpt_neox.py`. */
export const gptNeox: Architecture = {
  modelTypes: ['gpt_neox'],
  canonicalName: (name) => (/^(?:embed_in|layers|final_layer_norm)\./.test(name) ? `gpt_neox.${name}` : name),
  isIgnored: (name) =>
    /(?:^|\.)attention\.(?:bias|masked_bias)$/.test(name) || name.endsWith('rotary_emb.inv_freq'),
  parse(raw, file) {
    const config = readFields(schema, raw, file);
    const sizes = sizesOf(config, file);
    const { dims, ...rope } = ropeOf(
      {
        ...config,
        rope_theta: config.rope_theta ?? config.rotary_emb_base,
        partial_rotary_factor: config.partial_rotary_factor ?? config.rotary_pct ?? 0.25,
      },
      sizes,
      file,
    );
    const attention = (config.attention_bias ?? true) ? (['qkv', 'o'] as const) : [];
    return {
      modelType: 'gpt_neox',
      ...sizes,
      normEpsilon: config.layer_norm_eps,
      ...rope,
      ...tokensOf(config, false),
      decoder: {
        ...llamaTraits({ ...sizes, dims }),
        norm: 'layer',
        mlp: 'plain',
        activation: activationOf(config.hidden_act, 'hidden_act', file),
        residual: (config.use_parallel_residual ?? true) ? 'parallel' : 'sequential',
        biases: [...attention, 'up', 'down'],
        fused: 'by-head',
      },
      names,
      raw,
    };
  },
};
