/**
 * The config.json that a GGUF file's metadata stand for, as transformers would have it.
 * (ggml-org/llama.cpp, `gguf-py/gguf/constants.py` Keys; `convert_hf_to_gguf.py` writes them.)
 */
import { PareError } from '../lib/assert.ts';
import type { GgufFile } from './gguf.ts';
import { scalingOf } from './gguf-rope.ts';

export type RawConfig = Record<string, unknown>;

/** Reads what one `general.architecture` has. */
interface Reader {
  /** Of the key after the architecture's name; `fallback` where it is missing, or an error. */
  count(key: string, fallback?: number): number;
  number(key: string, fallback?: number): number;
  flag(key: string, fallback: boolean): boolean;
  /** Whether there is a tensor of that name. */
  holds(tensor: string): boolean;
  text(key: string): string | undefined;
}

interface Described {
  readonly modelType: string;
  readonly className: string;
  readonly read: (reader: Reader) => RawConfig;
}

/** Sizes by the names that Llama and its relatives use. */
function sizes(reader: Reader): RawConfig {
  const heads = reader.count('attention.head_count');
  const hidden = reader.count('embedding_length');
  const headDim = reader.count('attention.key_length', hidden / heads);
  return {
    hidden_size: hidden,
    intermediate_size: reader.count('feed_forward_length'),
    num_hidden_layers: reader.count('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: reader.count('attention.head_count_kv', heads),
    ...(headDim === hidden / heads ? {} : { head_dim: headDim }),
    max_position_embeddings: reader.count('context_length'),
    rope_theta: reader.number('rope.freq_base', 10_000),
  };
}

const rms = (reader: Reader) => ({ rms_norm_eps: reader.number('attention.layer_norm_rms_epsilon') });
const layerNorm = (reader: Reader) => reader.number('attention.layer_norm_epsilon');

/** Share of each head that turns. */
function rotaryShare(reader: Reader): number {
  const headDim = reader.count('embedding_length') / reader.count('attention.head_count');
  return reader.count('rope.dimension_count', headDim) / headDim;
}

const described: Readonly<Record<string, Described>> = {
  llama: {
    modelType: 'llama',
    className: 'LlamaForCausalLM',
    read: (reader) => ({
      ...sizes(reader),
      ...rms(reader),
      hidden_act: 'silu',
      attention_bias: reader.holds('blk.0.attn_q.bias'),
      mlp_bias: reader.holds('blk.0.ffn_up.bias'),
    }),
  },
  qwen2: {
    modelType: 'qwen2',
    className: 'Qwen2ForCausalLM',
    read: (reader) => ({ ...sizes(reader), ...rms(reader), hidden_act: 'silu', use_sliding_window: false }),
  },
  qwen3: {
    modelType: 'qwen3',
    className: 'Qwen3ForCausalLM',
    // The library's own default is 128, whatever the hidden size.
    read: (reader) => ({
      ...sizes(reader),
      head_dim: reader.count('attention.key_length', 128),
      ...rms(reader),
      hidden_act: 'silu',
      attention_bias: reader.holds('blk.0.attn_q.bias'),
      use_sliding_window: false,
    }),
  },
  gemma: {
    modelType: 'gemma',
    className: 'GemmaForCausalLM',
    read: (reader) => ({
      ...sizes(reader),
      head_dim: reader.count('attention.key_length'),
      ...rms(reader),
      hidden_activation: 'gelu_pytorch_tanh',
    }),
  },
  gemma2: {
    modelType: 'gemma2',
    className: 'Gemma2ForCausalLM',
    read: (reader) => ({
      ...sizes(reader),
      head_dim: reader.count('attention.key_length'),
      ...rms(reader),
      hidden_activation: 'gelu_pytorch_tanh',
      sliding_window: reader.count('attention.sliding_window'),
      attn_logit_softcapping: reader.number('attn_logit_softcapping'),
      final_logit_softcapping: reader.number('final_logit_softcapping'),
      // As llama.cpp has it: the 27B model, of 46 blocks, is scaled by hidden size / heads.
      query_pre_attn_scalar:
        reader.count('block_count') === 46
          ? reader.count('embedding_length') / reader.count('attention.head_count')
          : reader.count('attention.key_length'),
    }),
  },
  gpt2: {
    modelType: 'gpt2',
    className: 'GPT2LMHeadModel',
    read: (reader) => ({
      n_embd: reader.count('embedding_length'),
      n_head: reader.count('attention.head_count'),
      n_layer: reader.count('block_count'),
      n_positions: reader.count('context_length'),
      n_inner: reader.count('feed_forward_length'),
      layer_norm_epsilon: layerNorm(reader),
      activation_function: 'gelu_new',
    }),
  },
  gptneox: {
    modelType: 'gpt_neox',
    className: 'GPTNeoXForCausalLM',
    read: (reader) => {
      const { rope_theta: base, num_key_value_heads: _, ...rest } = sizes(reader);
      return {
        ...rest,
        rotary_emb_base: base,
        rotary_pct: rotaryShare(reader),
        layer_norm_eps: layerNorm(reader),
        use_parallel_residual: reader.flag('use_parallel_residual', true),
        // The file does not say; published models have the erf form.
        hidden_act: 'gelu',
      };
    },
  },
  phi2: {
    modelType: 'phi',
    className: 'PhiForCausalLM',
    read: (reader) => ({
      ...sizes(reader),
      layer_norm_eps: layerNorm(reader),
      partial_rotary_factor: rotaryShare(reader),
      hidden_act: 'gelu_new',
    }),
  },
};

/** Tensors that are part of the config. */
export const ropeTensor = 'rope_freqs.weight';

/** `general.architecture`, of a file that is a language model. */
export function ggufArchitecture({ file, metadata }: GgufFile): string {
  const type = metadata.text('general.type') ?? 'model';
  if (type !== 'model') {
    throw new PareError(
      'gguf-not-a-model',
      `${file.path}: general.type is "${type.slice(0, 40)}"; Pare opens whole models.`,
      type === 'adapter'
        ? 'Open the GGUF file of the base model together with it.'
        : 'Open the GGUF file of the language model itself.',
      { field: 'general.type', type },
    );
  }
  requireWhole({ file, metadata });
  const key = 'general.architecture';
  const name = metadata.require(key, metadata.text(key));
  if (Object.hasOwn(described, name)) return name;
  const known = Object.keys(described).join(', ');
  throw new PareError(
    'architecture-unknown',
    `${file.path}: ${key} is "${name.slice(0, 60)}"; of GGUF files Pare knows ${known}.`,
    `Use a model of one of these architectures (${known}).`,
    { field: key, architecture: name },
  );
}

function requireWhole({ file, metadata }: Pick<GgufFile, 'file' | 'metadata'>): void {
  const parts = metadata.count('split.count', { min: 0, max: 65_535 }) ?? 1;
  if (parts <= 1) return;
  throw new PareError(
    'gguf-split',
    `${file.path} is one of ${parts} parts (split.count).`,
    'Join them with llama.cpp (llama-gguf-split --merge), then open the whole file.',
    { parts },
  );
}

/** What config.json would say. `divisors`: the content of `rope_freqs.weight`, where the file has it. */
export function ggufConfig(gguf: GgufFile, architecture: string, divisors: Float32Array | null): RawConfig {
  const { modelType, className, read } = described[architecture]!;
  const reader = readerOf(gguf, architecture);
  const raw = read(reader);
  const embedding = 'token_embd.weight';
  const vocabSize = gguf.metadata.require(embedding, gguf.tensors.get(embedding)?.shape[0]);
  return {
    architectures: [className],
    model_type: modelType,
    ...raw,
    vocab_size: vocabSize,
    tie_word_embeddings: !gguf.tensors.has('output.weight'),
    ...ropeScaling(gguf, reader, raw, divisors),
    ...specialTokens(gguf, vocabSize),
  };
}

function readerOf({ metadata, tensors }: GgufFile, architecture: string): Reader {
  const keyOf = (key: string) => `${architecture}.${key}`;
  return {
    count: (key, fallback) =>
      metadata.require(keyOf(key), metadata.count(keyOf(key), { min: 1, max: 2 ** 31 }) ?? fallback),
    number: (key, fallback) =>
      metadata.require(keyOf(key), shortest(metadata.number(keyOf(key))) ?? fallback),
    flag: (key, fallback) => metadata.flag(keyOf(key)) ?? fallback,
    text: (key) => metadata.text(keyOf(key)),
    holds: (tensor) => tensors.has(tensor),
  };
}

/** The shortest decimal that is the same float32: 1e-5 and not 0.000009999999747378752. */
function shortest(value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  for (let digits = 1; digits < 10; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === Math.fround(value)) return rounded;
  }
  return value;
}

function ropeScaling(
  { file, metadata }: GgufFile,
  reader: Reader,
  raw: RawConfig,
  divisors: Float32Array | null,
): RawConfig {
  // As llama.cpp has it: linear unless another type is stated, where there is a factor (`scale_linear`: its old name).
  const factor = reader.number('rope.scaling.factor', reader.number('rope.scale_linear', 1));
  const type = reader.text('rope.scaling.type') ?? (factor === 1 || factor === 0 ? 'none' : 'linear');
  if (type !== 'none' && type !== 'linear') {
    throw unknownRope(file.path, `rope.scaling.type is "${type.slice(0, 40)}"`);
  }
  if (divisors) {
    if (type === 'linear') throw unknownRope(file.path, `${ropeTensor} comes with linear scaling`);
    const headDim = Number(
      raw['head_dim'] ?? Number(raw['hidden_size']) / Number(raw['num_attention_heads']),
    );
    if (divisors.length !== headDim / 2) throw metadata.fail(ropeTensor, `has ${divisors.length} values`);
    const scaling = scalingOf(divisors, { ropeTheta: Number(raw['rope_theta']), dims: headDim });
    if (!scaling) throw unknownRope(file.path, `${ropeTensor} is not of Llama 3's form`);
    return { rope_scaling: llama3Json(scaling) };
  }
  if (type === 'none') return {};
  return { rope_scaling: { rope_type: 'linear', factor: factor || 1 } };
}

const llama3Json = (scaling: NonNullable<ReturnType<typeof scalingOf>>) => ({
  rope_type: 'llama3',
  factor: scaling.factor,
  low_freq_factor: scaling.lowFreqFactor,
  high_freq_factor: scaling.highFreqFactor,
  original_max_position_embeddings: scaling.originalMaxPositions,
});

function unknownRope(path: string, problem: string): PareError {
  return new PareError(
    'config-unsupported',
    `${path}: ${problem}; Pare knows none, linear, and Llama 3's.`,
    'Use a model without it.',
  );
}

/** The end of a turn ends an answer as well. */
function specialTokens({ metadata }: GgufFile, vocabSize: number): RawConfig {
  const key = 'tokenizer.ggml.tokens';
  const tokens = metadata.texts(key);
  if (tokens && tokens.length !== vocabSize)
    throw metadata.fail(key, `has ${tokens.length} tokens, but token_embd.weight has ${vocabSize} rows`);
  const id = (name: string) => metadata.count(`tokenizer.ggml.${name}`, { min: 0, max: vocabSize - 1 });
  const ends = [...new Set([id('eos_token_id'), id('eot_token_id')].filter((end) => end !== undefined))];
  const bos = id('bos_token_id');
  return {
    ...(bos === undefined ? {} : { bos_token_id: bos }),
    ...(ends.length === 0 ? {} : { eos_token_id: ends.length === 1 ? ends[0] : ends }),
  };
}
