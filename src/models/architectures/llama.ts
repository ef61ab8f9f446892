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
import type { BlockRole, DecoderTraits, ModelNames } from '../../formats/model-config.ts';

const schema = z.object({
  ...sizeFields,
  ...tokenFields,
  ...ropeFields,
  rms_norm_eps: epsilon.default(1e-6),
  hidden_act: z.string().default('silu'),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
});

/** Names of Llama and its relatives: Mistral, Qwen, Gemma. */
export const llamaNames: ModelNames = {
  embedding: 'model.embed_tokens',
  positions: null,
  finalNorm: 'model.norm',
  head: 'lm_head',
  blocks: 'model.layers',
  linear: {
    q: 'self_attn.q_proj',
    k: 'self_attn.k_proj',
    v: 'self_attn.v_proj',
    o: 'self_attn.o_proj',
    gate: 'mlp.gate_proj',
    up: 'mlp.up_proj',
    down: 'mlp.down_proj',
  },
  norms: { attentionInput: 'input_layernorm', feedForwardInput: 'post_attention_layernorm' },
};

/** How Llama computes; its relatives say where they differ. */
export function llamaTraits({
  layers,
  headDim,
  dims,
}: {
  layers: number;
  headDim: number;
  dims: number;
}): DecoderTraits {
  return {
    norm: 'rms',
    positions: { kind: 'rotary', dims },
    mlp: 'gated',
    activation: 'silu',
    residual: 'sequential',
    windows: Array.from({ length: layers }, () => null),
    scoreScale: headDim ** -0.5,
    scoreCap: null,
    logitCap: null,
    embeddingScale: 1,
    biases: [],
    fused: null,
    transposed: false,
  };
}

export const attentionRoles: readonly BlockRole[] = ['q', 'k', 'v', 'o'];
export const feedForwardRoles: readonly BlockRole[] = ['gate', 'up', 'down'];

/** Files of a bare LlamaModel leave out the `model.`. */
export const llamaFiles: Pick<Architecture, 'canonicalName' | 'isIgnored'> = {
  canonicalName: (name) => (/^(?:embed_tokens|layers|norm)\./.test(name) ? `model.${name}` : name),
  isIgnored: (name) => name.endsWith('rotary_emb.inv_freq'),
};

/** Llama, SmolLM and whatever else says it is one. Source: transformers `modeling_llama.py`. */
export const llama: Architecture = {
  modelTypes: ['llama'],
  ...llamaFiles,
  parse(raw, file) {
    const config = readFields(schema, raw, file);
    const sizes = sizesOf(config, file);
    const { dims, ...rope } = ropeOf(config, sizes, file);
    return {
      modelType: 'llama',
      ...sizes,
      normEpsilon: config.rms_norm_eps,
      ...rope,
      ...tokensOf(config, false),
      decoder: {
        ...llamaTraits({ ...sizes, dims }),
        activation: activationOf(config.hidden_act, 'hidden_act', file),
        biases: [
          ...(config.attention_bias ? attentionRoles : []),
          ...(config.mlp_bias ? feedForwardRoles : []),
        ],
      },
      names: llamaNames,
      raw,
    };
  },
};
