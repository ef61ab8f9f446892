/** Fields of config.json that several architectures share. */
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import type { FloatDtype } from '../lib/half.ts';
import { checked } from './json.ts';
import type { Activation, ModelConfig, RopeScaling } from './model-config.ts';

export type RawConfig = Readonly<Record<string, unknown>>;

export const size = (max: number) => z.int().min(1).max(max);
export const epsilon = z.number().gt(0).lt(1);
const factor = z.number().gt(0).max(1e6);
const tokenId = z.int().min(0);

const ropeSchema = z.object({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: z.number().gt(0).nullish(),
  partial_rotary_factor: z.number().gt(0).max(1).nullish(),
  factor: factor.nullish(),
  low_freq_factor: factor.nullish(),
  high_freq_factor: factor.nullish(),
  original_max_position_embeddings: size(1e9).nullish(),
});

/** Sizes by the names that most architectures use; those that do not are given these. */
export const sizeFields = {
  hidden_size: size(1 << 20),
  intermediate_size: size(1 << 22),
  num_hidden_layers: size(1024),
  num_attention_heads: size(4096),
  num_key_value_heads: size(4096).nullish(),
  head_dim: size(4096).nullish(),
  vocab_size: size(1 << 24),
  max_position_embeddings: size(1e9).default(2048),
};

export const tokenFields = {
  tie_word_embeddings: z.boolean().nullish(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  torch_dtype: z.string().nullish(),
  dtype: z.string().nullish(),
};

export const ropeFields = {
  rope_theta: z.number().gt(0).nullish(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  partial_rotary_factor: z.number().gt(0).max(1).nullish(),
};

const sizesSchema = z.object(sizeFields);
const tokensSchema = z.object(tokenFields);
const ropesSchema = z.object(ropeFields);
type Sizes = z.infer<typeof sizesSchema>;
type Tokens = z.infer<typeof tokensSchema>;
type Ropes = z.infer<typeof ropesSchema>;

export const correctTheField = 'Correct the field, or use the config.json that came with the weights.';

/** Checks the fields of one architecture. */
export function readFields<T>(schema: z.ZodType<T>, raw: RawConfig, file: string): T {
  return checked(schema, raw, file, correctTheField);
}

/** Sizes of a model; `headDim`: what the library takes where config.json has none, else hidden_size / heads. */
export function sizesOf(
  config: Sizes,
  file: string,
  headDim?: number,
): Pick<
  ModelConfig,
  | 'hiddenSize'
  | 'intermediateSize'
  | 'layers'
  | 'heads'
  | 'kvHeads'
  | 'headDim'
  | 'vocabSize'
  | 'maxPositions'
> {
  const { hidden_size: hidden, num_attention_heads: heads } = config;
  const kvHeads = config.num_key_value_heads ?? heads;
  divided(heads, kvHeads, 'num_key_value_heads', file);
  return {
    hiddenSize: hidden,
    intermediateSize: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads,
    kvHeads,
    headDim: config.head_dim ?? headDim ?? divided(hidden, heads, 'num_attention_heads', file),
    vocabSize: config.vocab_size,
    maxPositions: config.max_position_embeddings,
  };
}

/** `tied`: what holds where config.json does not say it. */
export function tokensOf(
  config: Tokens,
  tied: boolean,
): Pick<ModelConfig, 'tied' | 'bosTokenId' | 'eosTokenIds' | 'dtype'> {
  const eos = config.eos_token_id ?? [];
  return {
    tied: config.tie_word_embeddings ?? tied,
    bosTokenId: config.bos_token_id ?? null,
    eosTokenIds: typeof eos === 'number' ? [eos] : eos,
    dtype: dtypeOf(config.dtype ?? config.torch_dtype),
  };
}

/** Rotary angles, in the form of transformers 4 and 5 (`rope_parameters`); `share` of each head turns. */
export function ropeOf(
  config: Ropes,
  sizes: Pick<ModelConfig, 'maxPositions' | 'headDim'>,
  file: string,
): Pick<ModelConfig, 'ropeTheta' | 'ropeScaling'> & { dims: number } {
  const field = config.rope_parameters ? 'rope_parameters' : 'rope_scaling';
  const rope = config.rope_parameters ?? config.rope_scaling ?? {};
  const share = rope.partial_rotary_factor ?? config.partial_rotary_factor ?? 1;
  const dims = Math.floor(share * sizes.headDim);
  if (dims < 2 || dims % 2 !== 0)
    throw invalid(
      file,
      'head_dim',
      `is ${sizes.headDim}, of which ${dims} turn; rotary embeddings need an even number`,
    );
  return {
    ropeTheta: rope.rope_theta ?? config.rope_theta ?? 10_000,
    ropeScaling: ropeScalingOf(rope, sizes.maxPositions, field, file),
    dims,
  };
}

function ropeScalingOf(
  rope: z.infer<typeof ropeSchema>,
  maxPositions: number,
  field: string,
  file: string,
): RopeScaling | null {
  const type = rope.rope_type ?? rope.type ?? 'default';
  const required = (key: 'factor' | 'low_freq_factor' | 'high_freq_factor'): number => {
    const value = rope[key];
    if (typeof value === 'number') return value;
    throw invalid(file, `${field}.${key}`, `is missing, but type "${type}" needs it`);
  };
  if (type === 'default') return null;
  if (type === 'linear') return { type, factor: required('factor') };
  if (type === 'llama3') {
    return {
      type,
      factor: required('factor'),
      lowFreqFactor: required('low_freq_factor'),
      highFreqFactor: required('high_freq_factor'),
      originalMaxPositions: rope.original_max_position_embeddings ?? maxPositions,
    };
  }
  const known = 'Pare knows default, linear and llama3';
  throw invalid(file, `${field}.rope_type`, `is "${type.slice(0, 60)}"; ${known}`);
}

/** Names of activations in config.json. */
const activations: Readonly<Record<string, Activation>> = {
  silu: 'silu',
  swish: 'silu',
  relu: 'relu',
  gelu: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
};

export function activationOf(name: string, field: string, file: string): Activation {
  const known = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (known) return known;
  const names = Object.keys(activations).join(', ');
  throw invalid(file, field, `is "${name.slice(0, 60)}"; Pare knows ${names}`);
}

function dtypeOf(name: string | null | undefined): FloatDtype | null {
  if (name === 'float32') return 'f32';
  if (name === 'float16') return 'f16';
  return name === 'bfloat16' ? 'bf16' : null;
}

function divided(total: number, parts: number, field: string, file: string): number {
  if (total % parts === 0) return total / parts;
  throw invalid(file, field, `is ${parts}, which does not divide ${total}`);
}

export function invalid(file: string, field: string, problem: string): PareError {
  return new PareError('config-unsupported', `${file}: ${field} ${problem}.`, 'Use a model without it.', {
    field,
  });
}
