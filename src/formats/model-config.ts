/** config.json of a Hugging Face folder, checked and put into one form whatever version of transformers wrote it. */
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import type { FloatDtype } from '../lib/half.ts';
import { quantizationField } from './compressed-tensors-config.ts';
import { checked } from './json.ts';

export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositions: number;
    };

export interface ModelConfig {
  readonly modelType: 'llama';
  readonly hiddenSize: number;
  /** FFN width, the same in every layer. */
  readonly intermediateSize: number;
  readonly layers: number;
  /** Query heads, and key/value heads (a divisor of them). */
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  readonly maxPositions: number;
  readonly normEpsilon: number;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
  /** Biases on q, k, v and o; on gate, up and down. */
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  /** Embedding and head are one matrix. */
  readonly tied: boolean;
  readonly bosTokenId: number | null;
  /** The first one ends an answer. */
  readonly eosTokenIds: readonly number[];
  /** What config.json says the weights are stored as; the tensors themselves decide. */
  readonly dtype: FloatDtype | null;
  /**
   * config.json as it was read, for exporting; without `quantization_config`, which says how a file holds weights and
   * not what the model is.
   */
  readonly raw: Readonly<Record<string, unknown>>;
}

const supportedArchitectures: readonly string[] = ['llama'];

const size = (max: number) => z.int().min(1).max(max);
const factor = z.number().gt(0).max(1e6);
const tokenId = z.int().min(0);

const ropeSchema = z.object({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: z.number().gt(0).nullish(),
  partial_rotary_factor: z.number().nullish(),
  factor: factor.nullish(),
  low_freq_factor: factor.nullish(),
  high_freq_factor: factor.nullish(),
  original_max_position_embeddings: size(1e9).nullish(),
});

const llamaSchema = z.object({
  hidden_size: size(1 << 20),
  intermediate_size: size(1 << 22),
  num_hidden_layers: size(1024),
  num_attention_heads: size(4096),
  num_key_value_heads: size(4096).nullish(),
  head_dim: size(4096).nullish(),
  vocab_size: size(1 << 24),
  max_position_embeddings: size(1e9).default(2048),
  rms_norm_eps: z.number().gt(0).lt(1).default(1e-6),
  hidden_act: z.string().default('silu'),
  rope_theta: z.number().gt(0).nullish(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  torch_dtype: z.string().nullish(),
  dtype: z.string().nullish(),
});

type LlamaJson = z.infer<typeof llamaSchema>;
type RopeJson = z.infer<typeof ropeSchema>;

/** Checks the JSON of a config.json (`file` names it in errors). */
export function parseModelConfig(json: unknown, file: string): ModelConfig {
  const { [quantizationField]: _, ...raw } = checked(
    z.record(z.string(), z.unknown()),
    json,
    file,
    notAConfig,
  );
  requireSupported(raw, file);
  const config = checked(
    llamaSchema,
    raw,
    file,
    'Correct the field, or use the config.json that came with the weights.',
  );
  requireReadable(config, file);
  const kvHeads = config.num_key_value_heads ?? config.num_attention_heads;
  const rope = config.rope_parameters ?? config.rope_scaling ?? {};
  const eos = config.eos_token_id ?? [];
  return {
    modelType: 'llama',
    hiddenSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    kvHeads: divided(config.num_attention_heads, kvHeads, 'num_key_value_heads', file) && kvHeads,
    headDim: headDimOf(config, file),
    vocabSize: config.vocab_size,
    maxPositions: config.max_position_embeddings,
    normEpsilon: config.rms_norm_eps,
    ropeTheta: rope.rope_theta ?? config.rope_theta ?? 10_000,
    ropeScaling: ropeScalingOf(rope, config, file),
    attentionBias: config.attention_bias ?? false,
    mlpBias: config.mlp_bias ?? false,
    tied: config.tie_word_embeddings ?? false,
    bosTokenId: config.bos_token_id ?? null,
    eosTokenIds: typeof eos === 'number' ? [eos] : eos,
    dtype: dtypeOf(config.dtype ?? config.torch_dtype),
    raw,
  };
}

const notAConfig = 'Drop the folder of a Hugging Face model, with its own config.json.';

function requireSupported(raw: Record<string, unknown>, file: string): void {
  const type = raw['model_type'];
  if (typeof type === 'string' && supportedArchitectures.includes(type)) return;
  const known = supportedArchitectures.join(', ');
  const found = typeof type === 'string' ? `is "${type.slice(0, 60)}"` : 'is missing';
  const message = `${file}: model_type ${found}; Pare knows: ${known}.`;
  const remedy = `Use a model of a supported architecture (${known}).`;
  throw new PareError('architecture-unknown', message, remedy, { modelType: type });
}

function requireReadable(config: LlamaJson, file: string): void {
  if (config.hidden_act !== 'silu') {
    throw invalid(file, 'hidden_act', `is "${config.hidden_act}", but Llama models here use "silu"`);
  }
  if ((config.rope_parameters?.partial_rotary_factor ?? 1) !== 1) {
    throw invalid(file, 'rope_parameters.partial_rotary_factor', 'is not 1');
  }
}

function headDimOf(config: LlamaJson, file: string): number {
  const { hidden_size: hidden, num_attention_heads: heads } = config;
  const headDim = config.head_dim ?? divided(hidden, heads, 'num_attention_heads', file);
  if (headDim % 2 === 0) return headDim;
  throw invalid(file, 'head_dim', `is ${headDim}; rotary embeddings need an even number`);
}

function divided(total: number, parts: number, field: string, file: string): number {
  if (total % parts === 0) return total / parts;
  throw invalid(file, field, `is ${parts}, which does not divide ${total}`);
}

function ropeScalingOf(rope: RopeJson, config: LlamaJson, file: string): RopeScaling | null {
  const field = config.rope_parameters ? 'rope_parameters' : 'rope_scaling';
  const type = rope.rope_type ?? rope.type ?? 'default';
  const required = (key: keyof RopeJson): number => {
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
      originalMaxPositions: rope.original_max_position_embeddings ?? config.max_position_embeddings,
    };
  }
  throw invalid(
    file,
    `${field}.rope_type`,
    `is "${type.slice(0, 60)}"; Pare knows default, linear and llama3`,
  );
}

function dtypeOf(name: string | null | undefined): FloatDtype | null {
  if (name === 'float32') return 'f32';
  if (name === 'float16') return 'f16';
  return name === 'bfloat16' ? 'bf16' : null;
}

function invalid(file: string, field: string, problem: string): PareError {
  return new PareError('config-unsupported', `${file}: ${field} ${problem}.`, 'Use a model without it.', {
    field,
  });
}
