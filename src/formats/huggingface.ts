/**
 * Opens a Hugging Face model folder: config, weights, tokenizer, and a PEFT adapter where there is one. Only small
 * files are read here; weights are read one tensor at a time, when they are asked for.
 */
import { z } from 'zod';
import type { FloatDtype } from '../lib/half.ts';
import { parseQuantization, type Int4Scheme } from './compressed-tensors-config.ts';
import { partsOf, readQuantized, type QuantizedModule, type StoredInt4 } from './compressed-tensors.ts';
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

/** Sees the weights of a model one at a time. */
export interface WeightVisitor {
  tensor(name: string, tensor: StoredTensor): void;
  quantized(module: string, weight: StoredInt4): void;
}

export interface ModelFolder {
  readonly name: string;
  readonly config: ModelConfig;
  /**
   * Canonical name → where it is, of all float tensors; in the order of the forward pass. A tied matrix is here once, as
   * `model.embed_tokens.weight`.
   */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Module → where its INT4 weight is, in the same order. Such a module has no `<module>.weight` among `tensors`. */
  readonly quantized: ReadonlyMap<string, QuantizedModule>;
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

const maxJsonBytes = 64 * 2 ** 20;
const objectSchema = z.record(z.string(), z.unknown());

/** Opens what was dropped. Every problem is a PareError that names file and field. */
export async function openModelFolder(files: readonly FileSource[]): Promise<ModelFolder> {
  const found = findModelFiles(files);
  const { config, schemes } = await readConfig(found);
  const { store, path } = await openWeights(found);
  const resolved = resolveTensors(config, schemes, store, path);
  const peft = found.adapterConfig
    ? await openPeft(found.adapterConfig, found.adapterWeights, weightShapes(resolved))
    : null;
  const readTensor = tensorReader(resolved, store);
  return {
    name: found.name,
    config: resolved.config,
    tensors: resolved.tensors,
    quantized: resolved.quantized,
    readTensor,
    tokenizerJson: found.tokenizer ? await readJson(found.tokenizer, 'any') : undefined,
    tokenizerConfig: await readObject(found.tokenizerConfig),
    generationConfig: await readObject(found.generationConfig),
    bytes: [...allEntries(resolved).values()].reduce((sum, { begin, end }) => sum + end - begin, 0),
    warnings: resolved.warnings,
    peft,
    fingerprint: (visitor, signal) => fingerprintOf(resolved, store, visitor, signal),
    spareHead: () => compareSpareHead(resolved, store),
  };
}

async function readConfig(
  found: FolderFiles,
): Promise<{ config: ModelConfig; schemes: Int4Scheme[] | null }> {
  const json = await readJson(found.config);
  const config = parseModelConfig(json, found.config.path);
  const schemes = parseQuantization(json, found.config.path);
  const generation = await readObject(found.generationConfig);
  const extra = z.union([z.int(), z.array(z.int())]).safeParse(generation?.['eos_token_id']);
  if (!extra.success) return { config, schemes };
  const ends = typeof extra.data === 'number' ? [extra.data] : extra.data;
  return { config: { ...config, eosTokenIds: [...new Set([...config.eosTokenIds, ...ends])] }, schemes };
}

/** Shapes of all weights, the INT4 ones as they would be in floats. */
function weightShapes({ tensors, quantized }: ModelTensors): Map<string, Pick<TensorEntry, 'shape'>> {
  return new Map<string, Pick<TensorEntry, 'shape'>>([
    ...tensors,
    ...[...quantized].map(([module, weight]) => [`${module}.weight`, weight] as const),
  ]);
}

/** Everything that is read of the files, by canonical name. */
function allEntries({ tensors, quantized }: ModelTensors): Map<string, TensorEntry> {
  return new Map([...tensors, ...[...quantized.values()].flatMap((module) => [...partsOf(module)])]);
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
 * WebCrypto hashes only what is in memory, so each tensor is hashed alone, and then the list of all of them: one JSON
 * line of the architecture, then one line `[name, dtype, shape, sha256]` a tensor of the file, in sorted order.
 */
async function fingerprintOf(
  resolved: ModelTensors,
  store: TensorStore,
  visitor?: WeightVisitor,
  signal?: AbortSignal,
): Promise<ModelFingerprint> {
  const { raw: _, dtype: __, ...architecture } = resolved.config;
  const digests = new Map<string, string>();
  const names = new Map([...allEntries(resolved)].map(([name, entry]) => [entry, name]));
  const read = async (entry: TensorEntry) => {
    const bytes = await store.read(entry.name, signal ? { signal } : {});
    digests.set(names.get(entry)!, await sha256(bytes));
    return bytes;
  };
  for (const name of [...resolved.tensors.keys(), ...resolved.quantized.keys()].toSorted()) {
    const module = resolved.quantized.get(name);
    if (module) {
      const weight = await readQuantized(module, read);
      visitor?.quantized(name, weight);
    } else {
      const entry = resolved.tensors.get(name)!;
      const bytes = await read(entry);
      visitor?.tensor(name, { dtype: floatDtypeOf(entry), shape: entry.shape, bytes });
    }
  }
  const lines = [...names]
    .toSorted(([, a], [, b]) => (a < b ? -1 : 1))
    .map(([{ dtype, shape }, name]) => JSON.stringify([name, dtype.toLowerCase(), shape, digests.get(name)]));
  const list = [JSON.stringify(architecture), ...lines].join('\n');
  return { sha256: await sha256(list), tensors: digests };
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
