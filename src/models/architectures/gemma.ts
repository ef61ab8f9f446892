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
import type { DecoderTraits, ModelConfig, ModelNames } from '../../formats/model-config.ts';
import { attentionRoles, llamaFiles, llamaNames, llamaTraits } from './llama.ts';
import { windowFields, windowsOf } from './windows.ts';

const cap = z.number().gt(0).max(1e6).nullish();

const schema = z.object({
  ...sizeFields,
  ...tokenFields,
  ...ropeFields,
  ...windowFields,
  rms_norm_eps: epsilon.default(1e-6),
  /** `hidden_act` of published Gemma configs says "gelu" and means the tanh form; only this field is believed. */
  hidden_activation: z.string().nullish(),
  attention_bias: z.boolean().nullish(),
  query_pre_attn_scalar: z.number().gt(0).max(1e6).nullish(),
  attn_logit_softcapping: cap,
  final_logit_softcapping: cap,
});

type GemmaJson = z.infer<typeof schema>;

function parse(
  raw: RawConfig,
  file: string,
  modelType: string,
  names: ModelNames,
  more: (config: GemmaJson, layers: number) => Partial<DecoderTraits>,
): ModelConfig {
  const config = readFields(schema, raw, file);
  const sizes = sizesOf(config, file, 256);
  const { dims, ...rope } = ropeOf(config, sizes, file);
  return {
    modelType,
    ...sizes,
    normEpsilon: config.rms_norm_eps,
    ...rope,
    ...tokensOf(config, true),
    decoder: {
      ...llamaTraits({ ...sizes, dims }),
      norm: 'rms-plus-one',
      activation: activationOf(config.hidden_activation ?? 'gelu_pytorch_tanh', 'hidden_activation', file),
      embeddingScale: Math.sqrt(sizes.hiddenSize),
      biases: config.attention_bias ? attentionRoles : [],
      ...more(config, sizes.layers),
    },
    names,
    raw,
  };
}

/** Llama with norm weights stored minus 1, a scaled embedding and a GELU gate. Source: transformers `modeling_gemma.py`. */
export const gemma: Architecture = {
  modelTypes: ['gemma'],
  ...llamaFiles,
  parse: (raw, file) => parse(raw, file, 'gemma', llamaNames, () => ({})),
};

const gemma2Names: ModelNames = {
  ...llamaNames,
  norms: {
    attentionInput: 'input_layernorm',
    attentionOutput: 'post_attention_layernorm',
    feedForwardInput: 'pre_feedforward_layernorm',
    feedForwardOutput: 'post_feedforward_layernorm',
  },
};

/** Gemma with norms behind attention and FFN too, capped scores, and a window in every other layer. Source: transformers `modeling_gemma2.py`. */
export const gemma2: Architecture = {
  modelTypes: ['gemma2'],
  ...llamaFiles,
  parse: (raw, file) =>
    parse(raw, file, 'gemma2', gemma2Names, (config, layers) => ({
      scoreScale: (config.query_pre_attn_scalar ?? 256) ** -0.5,
      scoreCap: config.attn_logit_softcapping === undefined ? 50 : config.attn_logit_softcapping,
      logitCap: config.final_logit_softcapping === undefined ? 30 : config.final_logit_softcapping,
      windows: windowsOf(
        { ...config, sliding_window: config.sliding_window ?? 4096 },
        layers,
        (layer) => layer % 2 === 0,
        file,
      ),
    })),
};
