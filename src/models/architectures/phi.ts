import { z } from 'zod';
import type { Architecture } from '../../formats/architecture.ts';
import {
  activationOf,
  epsilon,
  invalid,
  readFields,
  ropeFields,
  ropeOf,
  sizeFields,
  sizesOf,
  tokenFields,
  tokensOf,
} from '../../formats/config-fields.ts';
import type { ModelNames } from '../../formats/model-config.ts';
import { attentionRoles, llamaFiles, llamaTraits } from './llama.ts';

const schema = z.object({
  ...sizeFields,
  ...tokenFields,
  ...ropeFields,
  layer_norm_eps: epsilon.default(1e-5),
  hidden_act: z.string().default('gelu_new'),
  qk_layernorm: z.boolean().nullish(),
});

const names: ModelNames = {
  embedding: 'model.embed_tokens',
  positions: null,
  finalNorm: 'model.final_layernorm',
  head: 'lm_head',
  blocks: 'model.layers',
  linear: {
    q: 'self_attn.q_proj',
    k: 'self_attn.k_proj',
    v: 'self_attn.v_proj',
    o: 'self_attn.dense',
    up: 'mlp.fc1',
    down: 'mlp.fc2',
  },
  norms: { attentionInput: 'input_layernorm', feedForwardInput: null },
};

/** Phi-1 and 2: attention and FFN in parallel behind one norm, biases everywhere. Source: transformers `modeling_phi.py`. */
export const phi: Architecture = {
  modelTypes: ['phi'],
  ...llamaFiles,
  parse(raw, file) {
    const config = readFields(schema, raw, file);
    if (config.qk_layernorm) throw invalid(file, 'qk_layernorm', 'is true');
    const sizes = sizesOf(config, file);
    const partial_rotary_factor = config.partial_rotary_factor ?? 0.5;
    const { dims, ...rope } = ropeOf({ ...config, partial_rotary_factor }, sizes, file);
    return {
      modelType: 'phi',
      ...sizes,
      normEpsilon: config.layer_norm_eps,
      ...rope,
      ...tokensOf(config, false),
      decoder: {
        ...llamaTraits({ ...sizes, dims }),
        norm: 'layer',
        mlp: 'plain',
        activation: activationOf(config.hidden_act, 'hidden_act', file),
        residual: 'parallel-shared-norm',
        biases: [...attentionRoles, 'up', 'down', 'head'],
      },
      names,
      raw,
    };
  },
};
