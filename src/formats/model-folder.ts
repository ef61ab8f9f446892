/** What every reader of model files gives, whatever form they have: a config, and tensors that are read one at a time. */
import type { FloatDtype } from '../lib/half.ts';
import type { ModelConfig } from './model-config.ts';
import type { PeftAdapter } from './peft.ts';
import { sha256 } from './sha256.ts';

/** A float tensor, before it is read. */
export interface WeightEntry {
  /** As it is read: what files hold in a denser form is dequantized to this. */
  readonly dtype: FloatDtype;
  /** Linear weights are [out, in]. */
  readonly shape: readonly number[];
  /** In the file. */
  readonly bytes: number;
}

export interface StoredTensor {
  readonly dtype: FloatDtype;
  /** Linear weights are [out, in]. */
  readonly shape: readonly number[];
  /** Row-major, little-endian, in memory of their own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An INT4 module, before it is read. */
export interface QuantizedEntry {
  readonly shape: readonly [out: number, inputs: number];
  /** Consecutive inputs that share δ and z, the last group may be short; null: the whole row. */
  readonly group: number | null;
  readonly groups: number;
  /** Every zero point is 8. */
  readonly symmetric: boolean;
  /** Bytes of one δ in the file. */
  readonly scaleBytes: 2 | 4;
  /** In the file. */
  readonly bytes: number;
}

/** An INT4 module in memory. */
export interface StoredInt4 {
  readonly shape: readonly [out: number, inputs: number];
  /** As in `QuantizedEntry`. */
  readonly group: number | null;
  readonly groups: number;
  /** Codes 0…15, eight to a word, low nibble first, rows padded to whole words. */
  readonly codes: Uint8Array<ArrayBuffer>;
  /** Pairs (δ, z), [out, groups]. */
  readonly grid: Float32Array<ArrayBuffer>;
}

export interface ModelFingerprint {
  /** Of the architecture and of every tensor's name, dtype, shape and bytes: the same however the files are cut or called. */
  readonly sha256: string;
  /** Canonical name → SHA-256 of its bytes. */
  readonly tensors: ReadonlyMap<string, string>;
}

/** Sees the weights of a model one at a time. */
export interface WeightVisitor {
  tensor(name: string, tensor: StoredTensor): void;
  quantized(module: string, weight: StoredInt4): void;
}

export interface ModelFolder {
  readonly name: string;
  readonly config: ModelConfig;
  /**
   * Canonical name → what it is, of all float tensors; in the order of the forward pass. A tied matrix is here once, as
   * the embedding.
   */
  readonly tensors: ReadonlyMap<string, WeightEntry>;
  /** Module → what its INT4 weight is, in the same order. Such a module has no `<module>.weight` among `tensors`. */
  readonly quantized: ReadonlyMap<string, QuantizedEntry>;
  readTensor(name: string, signal?: AbortSignal): Promise<StoredTensor>;
  readonly tokenizerJson: unknown;
  readonly tokenizerConfig: Readonly<Record<string, unknown>> | null;
  readonly generationConfig: Readonly<Record<string, unknown>> | null;
  /** Bytes of the tensors, a tied one counted once. */
  readonly bytes: number;
  /** Things that were made sense of but that the user should know. */
  readonly warnings: readonly string[];
  readonly peft: PeftAdapter | null;
  /** Reads every tensor once. The visitor is called with each, so that uploading and hashing can share one pass. */
  fingerprint(visitor?: WeightVisitor, signal?: AbortSignal): Promise<ModelFingerprint>;
  /** Whether a tied model's file holds a head as well, and whether it equals the embedding (which is what is used). */
  spareHead(): Promise<'absent' | 'equal' | 'different'>;
}

/** A tensor of the files, as it counts in a fingerprint. */
export interface Digest {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** SHA-256 of its bytes. */
  readonly sha256: string;
}

/**
 * WebCrypto hashes only what is in memory, so each tensor is hashed alone, and then the list of all of them: one JSON
 * line of the architecture, then one line `[name, dtype, shape, sha256]` a tensor, in sorted order.
 */
export async function fingerprintOf(
  config: ModelConfig,
  digests: readonly Digest[],
): Promise<ModelFingerprint> {
  const lines = digests
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((each) => JSON.stringify([each.name, each.dtype, each.shape, each.sha256]));
  const tensors = new Map(digests.map((each) => [each.name, each.sha256]));
  return { sha256: await sha256([architectureLine(config), ...lines].join('\n')), tensors };
}

/** Its form is that of the first sessions, which knew Llama only: what it cannot say is added for the others. */
function architectureLine(config: ModelConfig): string {
  const { modelType, hiddenSize, intermediateSize, layers, heads, kvHeads, headDim, vocabSize } = config;
  const { maxPositions, normEpsilon, ropeTheta, ropeScaling, tied, bosTokenId, eosTokenIds, decoder } =
    config;
  const plainLlama = modelType === 'llama' && decoder.activation === 'silu';
  return JSON.stringify({
    modelType,
    hiddenSize,
    intermediateSize,
    layers,
    heads,
    kvHeads,
    headDim,
    vocabSize,
    maxPositions,
    normEpsilon,
    ropeTheta,
    ropeScaling,
    attentionBias: decoder.biases.includes('q'),
    mlpBias: decoder.biases.includes('up'),
    tied,
    bosTokenId,
    eosTokenIds,
    ...(plainLlama ? {} : { decoder }),
  });
}
