import { z } from 'zod';
import type { Architecture } from '../../formats/architecture.ts';
import {
  activationOf,
  invalid,
  readFields,
  size,
  sizeFields,
  sizesOf,
  tokenFields,
  tokensOf,
} from '../../formats/config-fields.ts';
import type { ModelNames } from '../../formats/model-config.ts';
import { attentionRoles, llamaTraits } from './llama.ts';

const { intermediate_size: _, ...sizes } = sizeFields;

const schema = z.object({
  ...sizes,
  ...tokenFields,
  ffn_dim: size(1 << 22),
  activation_function: z.string().default('relu'),
  do_layer_norm_before: z.boolean().nullish(),
  word_embed_proj_dim: z.int().nullish(),
  enable_bias: z.boolean().nullish(),
  layer_norm_elementwise_affine: z.boolean().nullish(),
});

type OptJson = z.infer<typeof schema>;

const names: ModelNames = {
  embedding: 'model.decoder.embed_tokens',
  positions: 'model.decoder.embed_positions',
  finalNorm: 'model.decoder.final_layer_norm',
  head: 'lm_head',
  blocks: 'model.decoder.layers',
  linear: {
    q: 'self_attn.q_proj',
    k: 'self_attn.k_proj',
    v: 'self_attn.v_proj',
    o: 'self_attn.out_proj',
    up: 'fc1',
    down: 'fc2',
  },
  norms: { attentionInput: 'self_attn_layer_norm', feedForwardInput: 'final_layer_norm' },
};

/** Learned positions (from row 2 of their table), layer norms, ReLU. Source: transformers `modeling_opt.py`. */
export const opt: Architecture = {
  modelTypes: ['opt'],
  canonicalName: (name) => (name.startsWith('decoder.') ? `model.${name}` : name),
  isIgnored: () => false,
  parse(raw, file) {
    const config = readFields(schema, raw, file);
    requireReadable(config, file);
    if (raw['_remove_final_layer_norm'] === true) throw invalid(file, '_remove_final_layer_norm', 'is true');
    const sizesRead = sizesOf({ ...config, intermediate_size: config.ffn_dim }, file);
    return {
      modelType: 'opt',
      ...sizesRead,
      normEpsilon: 1e-5,
      ropeTheta: 10_000,
      ropeScaling: null,
      ...tokensOf(config, true),
      decoder: {
        ...llamaTraits({ ...sizesRead, dims: 0 }),
        norm: 'layer',
        positions: { kind: 'learned', offset: 2 },
        mlp: 'plain',
        activation: activationOf(config.activation_function, 'activation_function', file),
        biases: (config.enable_bias ?? true) ? [...attentionRoles, 'up', 'down'] : [],
      },
      names,
      raw,
    };
  },
};

function requireReadable(config: OptJson, file: string): void {
  if (config.do_layer_norm_before === false) throw invalid(file, 'do_layer_norm_before', 'is false');
  if (config.layer_norm_elementwise_affine === false)
    throw invalid(file, 'layer_norm_elementwise_affine', 'is false');
  if ((config.word_embed_proj_dim ?? config.hidden_size) !== config.hidden_size)
    throw invalid(file, 'word_embed_proj_dim', 'differs from hidden_size');
}
