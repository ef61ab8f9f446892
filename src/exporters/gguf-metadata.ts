/** What llama.cpp must be told of a model, and what it cannot be told. (ggml-org/llama.cpp, `src/models/*.cpp`.) */
import { ropeDivisors } from '../formats/gguf-rope.ts';
import type { GgufTyped } from '../formats/gguf-write.ts';
import type { Activation, ModelConfig } from '../formats/model-config.ts';

type Fields = readonly (readonly [key: string, value: GgufTyped])[];

interface Target {
  /** `general.architecture`. */
  readonly name: string;
  /** What its FFN computes. */
  readonly activation: Activation;
  /** `any`: a head of its own or none; otherwise what it always has. */
  readonly head: 'any' | 'own' | 'tied';
  /** Heads are hidden size / heads wide, whatever the file says. */
  readonly wholeHeads?: true;
  /** Of attention: there is no place for that of its output, or it adds those of q, k and v unasked; absent: it takes both. */
  readonly biases?: 'none' | 'needed';
  /** It knows sliding windows. */
  readonly windows?: true;
  readonly extra?: (config: ModelConfig) => Fields;
}

const gemma = { activation: 'gelu-tanh', head: 'tied', biases: 'none' } as const;

/** By `model_type`. */
const targets: Readonly<Record<string, Target>> = {
  llama: { name: 'llama', activation: 'silu', head: 'any' },
  mistral: { name: 'llama', activation: 'silu', head: 'any' },
  qwen2: { name: 'qwen2', activation: 'silu', head: 'any' },
  qwen3: { name: 'qwen3', activation: 'silu', head: 'any', biases: 'none' },
  gemma: { name: 'gemma', ...gemma },
  gemma2: {
    name: 'gemma2',
    ...gemma,
    windows: true,
    extra: ({ decoder: { windows, scoreCap, logitCap } }) => [
      ['attention.sliding_window', { u32: windows.find((window) => window !== null) ?? 2 ** 31 - 1 }],
      ['attn_logit_softcapping', { f32: scoreCap ?? 0 }],
      ['final_logit_softcapping', { f32: logitCap ?? 0 }],
    ],
  },
  gpt2: { name: 'gpt2', activation: 'gelu-tanh', head: 'any', wholeHeads: true },
  gpt_neox: {
    name: 'gptneox',
    activation: 'gelu-tanh',
    head: 'own',
    biases: 'needed',
    wholeHeads: true,
    extra: ({ decoder }) => [['use_parallel_residual', { flag: decoder.residual === 'parallel' }]],
  },
  phi: { name: 'phi2', activation: 'gelu-tanh', head: 'own', wholeHeads: true },
};

export const targetOf = ({ modelType }: ModelConfig): Target | undefined =>
  Object.hasOwn(targets, modelType) ? targets[modelType] : undefined;

/** Why llama.cpp would not run this model, or not as this model; null: it will. */
export function whyNot(config: ModelConfig): string | null {
  const target = targetOf(config);
  const instead = 'Choose ONNX, or the Hugging Face folder.';
  if (!target) return `llama.cpp does not know the architecture ${config.modelType}. ${instead}`;
  const { decoder, tied, heads, headDim, hiddenSize } = config;
  const is = (problem: string) => `llama.cpp's ${target.name} ${problem}. ${instead}`;
  if (decoder.activation !== target.activation && decoder.activation !== 'gelu')
    return is(`computes ${target.activation}, and this model ${decoder.activation}`);
  if (target.head === 'own' && tied) return is('needs a head of its own, and here the embedding is the head');
  if (target.head === 'tied' && !tied) return is('takes the embedding as head, and here they are two');
  if (target.wholeHeads && heads * headDim !== hiddenSize)
    return is('cannot have fewer heads than its hidden size makes');
  const isBiased = decoder.biases.includes('o');
  if (target.biases === 'none' && isBiased)
    return is('has no biases in attention, and this model has them (attention_bias)');
  if (target.biases === 'needed' && !isBiased)
    return is('needs biases in attention, and this model has none (attention_bias)');
  if (Math.abs(decoder.scoreScale / scaleOf(config) - 1) > 1e-6)
    return is('scales attention scores otherwise');
  return null;
}

/** Gemma 2 of 46 blocks is told by their number, and scaled by hidden size / heads. */
function scaleOf({ modelType, layers, hiddenSize, heads, headDim }: ModelConfig): number {
  return (modelType === 'gemma2' && layers === 46 ? hiddenSize / heads : headDim) ** -0.5;
}

/** Where llama.cpp computes something else than the model. */
export function deviations(config: ModelConfig): string[] {
  const { decoder, maxPositions } = config;
  const target = targetOf(config);
  const notes: string[] = [];
  const narrow = decoder.windows.filter((window) => window !== null && window < maxPositions);
  if (narrow.length > 0 && !target?.windows)
    notes.push(
      `llama.cpp has no sliding window here: texts of more than ${Math.min(...(narrow as number[]))} tokens are computed with full attention.`,
    );
  if (decoder.activation === 'gelu')
    notes.push('llama.cpp computes GELU by its tanh form: logits differ by about 0.002.');
  if (decoder.norm === 'rms-plus-one')
    notes.push('GGUF holds the weights of norms plus one, rounded to float32 (relative error 6e-8).');
  return notes;
}

/** `general.*` but for the file type, and what the architecture needs. */
export function modelMetadata(name: string, config: ModelConfig): Map<string, GgufTyped> {
  const target = targetOf(config)!;
  const { decoder, heads, headDim, hiddenSize } = config;
  const rotary = decoder.positions.kind === 'rotary' ? rotaryFields(config, decoder.positions.dims) : [];
  const epsilon = decoder.norm === 'layer' ? 'layer_norm_epsilon' : 'layer_norm_rms_epsilon';
  const own: Fields = [
    ['context_length', { u32: config.maxPositions }],
    ['embedding_length', { u32: hiddenSize }],
    ['block_count', { u32: config.layers }],
    ['feed_forward_length', { u32: config.intermediateSize }],
    ['attention.head_count', { u32: heads }],
    ['attention.head_count_kv', { u32: config.kvHeads }],
    ...(target.wholeHeads
      ? []
      : ([
          ['attention.key_length', { u32: headDim }],
          ['attention.value_length', { u32: headDim }],
        ] as const)),
    [`attention.${epsilon}`, { f32: config.normEpsilon }],
    ['vocab_size', { u32: config.vocabSize }],
    ...rotary,
    ...(target.extra?.(config) ?? []),
  ];
  return new Map<string, GgufTyped>([
    ['general.architecture', { text: target.name }],
    ['general.type', { text: 'model' }],
    ['general.name', { text: name }],
    ...own.map(([key, value]) => [`${target.name}.${key}`, value] as const),
  ]);
}

function rotaryFields({ ropeTheta, ropeScaling }: ModelConfig, dims: number): Fields {
  return [
    ['rope.dimension_count', { u32: dims }],
    ['rope.freq_base', { f32: ropeTheta }],
    ...(ropeScaling?.type === 'linear'
      ? ([
          ['rope.scaling.type', { text: 'linear' }],
          ['rope.scaling.factor', { f32: ropeScaling.factor }],
        ] as const)
      : []),
  ];
}

/** The content of `rope_freqs.weight`, where the model stretches positions as Llama 3 does. */
export function divisorsOf({
  decoder,
  ropeTheta,
  ropeScaling,
}: ModelConfig): Float32Array<ArrayBuffer> | null {
  if (ropeScaling?.type !== 'llama3' || decoder.positions.kind !== 'rotary') return null;
  return ropeDivisors(ropeScaling, { ropeTheta, dims: decoder.positions.dims });
}
