/**
 * Opens a Hugging Face model folder: config, weights, tokenizer, and a PEFT adapter where there is one. Only small
 * files are read here; weights are read one tensor at a time, when they are asked for.
 */
import { z } from 'zod';
import type { FloatDtype } from '../lib/half.ts';
import { findModelFiles, findWeights, type FolderFiles } from './folder.ts';
import { checked, parseJson } from './json.ts';
import { embeddingName, headName } from './llama-tensors.ts';
import { type ModelConfig, parseModelConfig } from './model-config.ts';
import { type ModelTensors, floatDtypeOf, resolveTensors } from './model-tensors.ts';
import { openPeft, type PeftAdapter } from './peft.ts';
import { missingTensor, type TensorEntry, type TensorStore } from './safetensors.ts';
import { openSharded, openTogether } from './safetensors-sharded.ts';
import { sha256 } from './sha256.ts';
import { type FileSource, readText } from './source.ts';

export interface StoredTensor {
  readonly dtype: FloatDtype;
  /** Linear weights are [out, in]. */
  readonly shape: readonly number[];
  /** Row-major, little-endian, in memory of their own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface ModelFingerprint {
  /** Of the architecture and of every tensor's name, dtype, shape and bytes: the same however the files are cut or called. */
  readonly sha256: string;
  /** Canonical name → SHA-256 of its bytes. */
  readonly tensors: ReadonlyMap<string, string>;
}

export interface ModelFolder {
  readonly name: string;
  readonly config: ModelConfig;
  /** Canonical name → where it is; in the order of the forward pass. A tied matrix is here once, as `model.embed_tokens.weight`. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readTensor(name: string, signal?: AbortSignal): Promise<StoredTensor>;
  readonly tokenizerJson: unknown;
  readonly tokenizerConfig: Readonly<Record<string, unknown>> | null;
  readonly generationConfig: Readonly<Record<string, unknown>> | null;
  /** Bytes of the tensors, a tied one counted once. */
  readonly bytes: number;
  /** Things that were made sense of but that the user should know. */
  readonly warnings: readonly string[];
  readonly peft: PeftAdapter | null;
  /** Reads every tensor once. `onTensor` is called with each, so that uploading and hashing can share one pass. */
  fingerprint(
    onTensor?: (name: string, tensor: StoredTensor) => void,
    signal?: AbortSignal,
  ): Promise<ModelFingerprint>;
  /** Whether a tied model's file holds a head as well, and whether it equals the embedding (which is what is used). */
  spareHead(): Promise<'absent' | 'equal' | 'different'>;
}

const maxJsonBytes = 64 * 2 ** 20;
const objectSchema = z.record(z.string(), z.unknown());

/** Opens what was dropped. Every problem is a PareError that names file and field. */
export async function openModelFolder(files: readonly FileSource[]): Promise<ModelFolder> {
  const found = findModelFiles(files);
  const config = await readConfig(found);
  const { store, path } = await openWeights(found);
  const resolved = resolveTensors(config, store, path);
  const peft = found.adapterConfig
    ? await openPeft(found.adapterConfig, found.adapterWeights, resolved.tensors)
    : null;
  const readTensor = tensorReader(resolved, store);
  return {
    name: found.name,
    config: resolved.config,
    tensors: resolved.tensors,
    readTensor,
    tokenizerJson: found.tokenizer ? await readJson(found.tokenizer, 'any') : undefined,
    tokenizerConfig: await readObject(found.tokenizerConfig),
    generationConfig: await readObject(found.generationConfig),
    bytes: [...resolved.tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0),
    warnings: resolved.warnings,
    peft,
    fingerprint: (onTensor, signal) => fingerprintOf(resolved, readTensor, onTensor, signal),
    spareHead: () => compareSpareHead(resolved, store),
  };
}

async function readConfig(found: FolderFiles): Promise<ModelConfig> {
  const config = parseModelConfig(await readJson(found.config), found.config.path);
  const generation = await readObject(found.generationConfig);
  const extra = z.union([z.int(), z.array(z.int())]).safeParse(generation?.['eos_token_id']);
  if (!extra.success) return config;
  const ends = typeof extra.data === 'number' ? [extra.data] : extra.data;
  return { ...config, eosTokenIds: [...new Set([...config.eosTokenIds, ...ends])] };
}

async function readJson(file: FileSource, keys: 'sound' | 'any' = 'sound'): Promise<unknown> {
  return parseJson(await readText(file, maxJsonBytes), file.path, keys);
}

async function readObject(file: FileSource | null): Promise<Record<string, unknown> | null> {
  if (!file) return null;
  return checked(objectSchema, await readJson(file), file.path, 'Download the file again, or leave it out.');
}

/** The weights, and what to call them in errors. */
async function openWeights({ index, beside }: FolderFiles): Promise<{ store: TensorStore; path: string }> {
  if (index) return { store: await openSharded(index, beside), path: index.path };
  const weights = findWeights(beside);
  return { store: await openTogether(weights), path: weights[0]?.path ?? '' };
}

type TensorReader = ModelFolder['readTensor'];

function tensorReader({ tensors }: ModelTensors, store: TensorStore): TensorReader {
  return async (name, signal) => {
    const entry = tensors.get(name);
    if (!entry) throw missingTensor('The model', name);
    const bytes = await store.read(entry.name, signal ? { signal } : {});
    return { dtype: floatDtypeOf(entry), shape: entry.shape, bytes };
  };
}

/**
 * WebCrypto hashes only what is in memory, so each tensor is hashed alone, and then the list of all of them:
 * one JSON line of the architecture, then one line `[name, dtype, shape, sha256]` a tensor, in sorted order.
 */
async function fingerprintOf(
  { config, tensors }: ModelTensors,
  readTensor: TensorReader,
  onTensor?: (name: string, tensor: StoredTensor) => void,
  signal?: AbortSignal,
): Promise<ModelFingerprint> {
  const { raw: _, dtype: __, ...architecture } = config;
  const digests = new Map<string, string>();
  const lines = [JSON.stringify(architecture)];
  for (const name of [...tensors.keys()].toSorted()) {
    const tensor = await readTensor(name, signal);
    const digest = await sha256(tensor.bytes);
    digests.set(name, digest);
    lines.push(JSON.stringify([name, tensor.dtype, tensor.shape, digest]));
    onTensor?.(name, tensor);
  }
  return { sha256: await sha256(lines.join('\n')), tensors: digests };
}

const comparedBytes = 1 << 22;

async function compareSpareHead(
  resolved: ModelTensors,
  store: TensorStore,
): Promise<'absent' | 'equal' | 'different'> {
  const embedding = resolved.tensors.get(embeddingName);
  const head = resolved.spareHead;
  if (!embedding || !head) return 'absent';
  const length = head.end - head.begin;
  if (head.dtype !== embedding.dtype || length !== embedding.end - embedding.begin) return 'different';
  for (let from = 0; from < length; from += comparedBytes) {
    const range = { from, to: from + comparedBytes };
    const [a, b] = await Promise.all([store.read(embedding.name, range), store.read(headName, range)]);
    if (a.some((byte, i) => byte !== b[i])) return 'different';
  }
  return 'equal';
}
