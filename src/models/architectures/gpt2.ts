import { z } from 'zod';
import type { Architecture } from '../../formats/architecture.ts';
import {
  activationOf,
  epsilon,
  invalid,
  readFields,
  size,
  sizesOf,
  tokenFields,
  tokensOf,
} from '../../formats/config-fields.ts';
import type { ModelNames } from '../../formats/model-config.ts';
import { llamaTraits } from './llama.ts';

const schema = z.object({
  ...tokenFields,
  n_embd: size(1 << 20),
  n_head: size(4096),
  n_layer: size(1024),
  n_positions: size(1e9).default(1024),
  n_inner: size(1 << 22).nullish(),
  vocab_size: size(1 << 24),
  layer_norm_epsilon: epsilon.default(1e-5),
  activation_function: z.string().default('gelu_new'),
  scale_attn_weights: z.boolean().nullish(),
  scale_attn_by_inverse_layer_idx: z.boolean().nullish(),
});

const names: ModelNames = {
  embedding: 'transformer.wte',
  positions: 'transformer.wpe',
  finalNorm: 'transformer.ln_f',
  head: 'lm_head',
  blocks: 'transformer.h',
  linear: { qkv: 'attn.c_attn', o: 'attn.c_proj', up: 'mlp.c_fc', down: 'mlp.c_proj' },
  norms: { attentionInput: 'ln_1', feedForwardInput: 'ln_2' },
};

/** Learned positions, layer norms, one matrix of q, k and v, Conv1D layout. Source: transformers `modeling_gpt2.py`. */
export const gpt2: Architecture = {
  modelTypes: ['gpt2'],
  canonicalName: (name) => (/^(?:wte|wpe|h|ln_f)\./.test(name) ? `transformer.${name}` : name),
  isIgnored: (name) => /(?:^|\.)attn\.(?:bias|masked_bias)$/.test(name),
  parse(raw, file) {
    const config = readFields(schema, raw, file);
    if (config.scale_attn_weights === false) throw invalid(file, 'scale_attn_weights', 'is false');
    if (config.scale_attn_by_inverse_layer_idx)
      throw invalid(file, 'scale_attn_by_inverse_layer_idx', 'is true');
    const sizes = sizesOf(
      {
        hidden_size: config.n_embd,
        intermediate_size: config.n_inner ?? 4 * config.n_embd,
        num_hidden_layers: config.n_layer,
        num_attention_heads: config.n_head,
        vocab_size: config.vocab_size,
        max_position_embeddings: config.n_positions,
      },
      file,
    );
    return {
      modelType: 'gpt2',
      ...sizes,
      normEpsilon: config.layer_norm_epsilon,
      ropeTheta: 10_000,
      ropeScaling: null,
      ...tokensOf(config, true),
      decoder: {
        ...llamaTraits({ ...sizes, dims: 0 }),
        norm: 'layer',
        positions: { kind: 'learned', offset: 0 },
        mlp: 'plain',
        activation: activationOf(config.activation_function, 'activation_function', file),
        biases: ['qkv', 'o', 'up', 'down'],
        fused: 'by-part',
        transposed: true,
      },
      names,
      raw,
    };
  },
};
