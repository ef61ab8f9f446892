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
  type RawConfig,
} from '../../formats/config-fields.ts';
import type { BlockRole, ModelConfig, ModelNames } from '../../formats/model-config.ts';
import { attentionRoles, llamaFiles, llamaNames, llamaTraits } from './llama.ts';
import { windowFields, windowsOf } from './windows.ts';

const schema = z.object({
  ...sizeFields,
  ...tokenFields,
  ...ropeFields,
  ...windowFields,
  rms_norm_eps: epsilon.default(1e-6),
  hidden_act: z.string().default('silu'),
  attention_bias: z.boolean().nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.int().min(0).max(1024).nullish(),
});

interface Variant {
  readonly modelType: string;
  readonly headDim?: number;
  readonly names: ModelNames;
  biases(attentionBias: boolean): readonly BlockRole[];
}

/** The window counts only when it is switched on, and then from layer `max_window_layers` on. */
function parse(raw: RawConfig, file: string, variant: Variant): ModelConfig {
  const config = readFields(schema, raw, file);
  const sizes = sizesOf(config, file, variant.headDim);
  const { dims, ...rope } = ropeOf(config, sizes, file);
  const first = config.max_window_layers ?? 28;
  // Missing, it is the library's own; null, there is none.
  const { sliding_window: stated = 4096 } = config;
  const window = config.use_sliding_window ? stated : null;
  return {
    modelType: variant.modelType,
    ...sizes,
    normEpsilon: config.rms_norm_eps,
    ...rope,
    ...tokensOf(config, false),
    decoder: {
      ...llamaTraits({ ...sizes, dims }),
      activation: activationOf(config.hidden_act, 'hidden_act', file),
      biases: variant.biases(config.attention_bias ?? false),
      windows: windowsOf(
        { ...config, sliding_window: window },
        sizes.layers,
        (layer) => layer >= first,
        file,
      ),
    },
    names: variant.names,
    raw,
  };
}

/** Llama with biases on q, k and v. Source: transformers `modeling_qwen2.py`. */
export const qwen2: Architecture = {
  modelTypes: ['qwen2'],
  ...llamaFiles,
  parse: (raw, file) =>
    parse(raw, file, { modelType: 'qwen2', names: llamaNames, biases: () => ['q', 'k', 'v'] }),
};

const qwen3Names: ModelNames = {
  ...llamaNames,
  norms: { ...llamaNames.norms, query: 'self_attn.q_norm', key: 'self_attn.k_norm' },
};

/** Llama with a norm over each head of q and k. Source: transformers `modeling_qwen3.py`. */
export const qwen3: Architecture = {
  modelTypes: ['qwen3'],
  ...llamaFiles,
  parse: (raw, file) =>
    parse(raw, file, {
      modelType: 'qwen3',
      headDim: 128,
      names: qwen3Names,
      biases: (attentionBias) => (attentionBias ? attentionRoles : []),
    }),
};
