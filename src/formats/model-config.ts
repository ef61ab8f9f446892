/** What a model is, whatever file it came in and whatever version of transformers wrote its config.json. */
import type { FloatDtype } from '../lib/half.ts';

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
  /** `model_type` of config.json. */
  readonly modelType: string;
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
  /** Of rotary positions. */
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
  /** Embedding and head are one matrix. */
  readonly tied: boolean;
  readonly bosTokenId: number | null;
  /** The first one ends an answer. */
  readonly eosTokenIds: readonly number[];
  /** What config.json says the weights are stored as; the tensors themselves decide. */
  readonly dtype: FloatDtype | null;
  readonly decoder: DecoderTraits;
  readonly names: ModelNames;
  /**
   * config.json as it was read, for exporting; without `quantization_config`, which says how a file holds weights and
   * not what the model is.
   */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Linear modules of a block. `qkv` holds q, k and v in one matrix; a plain FFN has `up` and `down` only. */
export const blockRoles = ['q', 'k', 'v', 'qkv', 'o', 'gate', 'up', 'down'] as const;
export type BlockRole = (typeof blockRoles)[number];

/** `gelu` is the erf form, `gelu-tanh` its approximation (`gelu_new`, `gelu_pytorch_tanh`). */
export type Activation = 'silu' | 'gelu' | 'gelu-tanh' | 'relu';

/** How a decoder computes: what tells the architectures apart. */
export interface DecoderTraits {
  /** `rms-plus-one`: weights are stored minus 1. `layer` norms have a bias. */
  readonly norm: 'rms' | 'rms-plus-one' | 'layer';
  readonly positions:
    | {
        readonly kind: 'rotary';
        /** Leading dimensions of each head that turn; even. */
        readonly dims: number;
      }
    | {
        readonly kind: 'learned';
        /** Position p adds row p + offset of the table. */
        readonly offset: number;
      };
  /** `gated`: down(act(gate) · up). `plain`: down(act(up)). */
  readonly mlp: 'gated' | 'plain';
  readonly activation: Activation;
  /** `parallel`: attention and FFN both read the block's input, each through its own norm unless that is shared. */
  readonly residual: 'sequential' | 'parallel' | 'parallel-shared-norm';
  /** Sliding window by layer: position i sees j with i − window < j ≤ i; null sees all. */
  readonly windows: readonly (number | null)[];
  /** Factor on q·k. */
  readonly scoreScale: number;
  /** Scores, and the head's logits, become c·tanh(x / c). */
  readonly scoreCap: number | null;
  readonly logitCap: number | null;
  readonly embeddingScale: number;
  /** Modules that have one, `head` included. */
  readonly biases: readonly (BlockRole | 'head')[];
  /** Rows of `qkv`: all of q, then k, then v; or these three for each head in turn. */
  readonly fused: 'by-part' | 'by-head' | null;
  /** The file holds linear weights of blocks as [in, out] (Conv1D). */
  readonly transposed: boolean;
}

/** Module names as in the checkpoint, so that presets, adapters and reports speak its language. */
export interface ModelNames {
  readonly embedding: string;
  /** The table of learned positions. */
  readonly positions: string | null;
  readonly finalNorm: string;
  readonly head: string;
  /** Block i is `<blocks>.<i>`. */
  readonly blocks: string;
  /** Names within a block, in the order of the forward pass. */
  readonly linear: Readonly<Partial<Record<BlockRole, string>>>;
  readonly norms: BlockNorms;
}

/** Norms of a block, by what they are applied to; names within the block. */
export interface BlockNorms {
  readonly attentionInput: string;
  /** null where the FFN shares attention's. */
  readonly feedForwardInput: string | null;
  readonly attentionOutput?: string;
  readonly feedForwardOutput?: string;
  /** RMSNorm over each head of q and of k. */
  readonly query?: string;
  readonly key?: string;
}

/** Name of a module of a block. */
export const inBlock = ({ names }: Pick<ModelConfig, 'names'>, layer: number, name: string) =>
  `${names.blocks}.${layer}.${name}`;
