/**
 * Opens a Hugging Face model folder: config, weights, tokenizer, and a PEFT adapter where there is one. Only small
 * files are read here; weights are read one tensor at a time, when they are asked for.
 */
import { z } from 'zod';
import { floatBytes } from '../lib/half.ts';
import { parseModelConfig, type Architecture, type DescribedModel } from './architecture.ts';
import { findLoneAdapter, findModelFiles, findWeights, type FolderFiles } from './folder.ts';
import { checked, parseJson } from './json.ts';
import {
  fingerprintOf,
  type Digest,
  type ModelFingerprint,
  type ModelFolder,
  type StoredTensor,
  type WeightEntry,
  type WeightVisitor,
} from './model-folder.ts';
import { type ModelTensors, floatDtypeOf, outerNames, resolveTensors } from './model-tensors.ts';
import { parsePacking, type Packing } from './packed.ts';
import { loneAdapter, openPeft } from './peft.ts';
import { missingTensor, type TensorEntry, type TensorStore } from './safetensors.ts';
import { openSharded, openTogether } from './safetensors-sharded.ts';
import { sha256 } from './sha256.ts';
import { type FileSource, readText } from './source.ts';

const maxJsonBytes = 64 * 2 ** 20;
const objectSchema = z.record(z.string(), z.unknown());

/** Opens what was dropped. Every problem is a PareError that names file and field. */
export async function openModelFolder(
  files: readonly FileSource[],
  architectures: readonly Architecture[],
): Promise<ModelFolder> {
  const alone = findLoneAdapter(files);
  if (alone) throw await loneAdapter(alone);
  const found = findModelFiles(files);
  const { described, packing } = await readConfig(found, architectures);
  const { store, path } = await openWeights(found);
  const resolved = resolveTensors(described, packing, store, path);
  const peft = found.adapterConfig
    ? await openPeft(found.adapterConfig, found.adapterWeights, weightShapes(resolved))
    : null;
  const readTensor = tensorReader(resolved, store);
  return {
    name: found.name,
    config: resolved.config,
    tensors: weightEntries(resolved),
    quantized: resolved.quantized,
    readTensor,
    tokenizerJson: found.tokenizer ? await readJson(found.tokenizer, 'any') : undefined,
    tokenizerConfig: await readTokenizerConfig(found),
    generationConfig: await readObject(found.generationConfig),
    bytes: [...allEntries(resolved).values()].reduce((sum, { begin, end }) => sum + end - begin, 0),
    warnings: resolved.warnings,
    peft,
    fingerprint: (visitor, signal) => readAllTensors(resolved, store, visitor, signal),
    spareHead: () => compareSpareHead(resolved, store),
  };
}

async function readConfig(
  found: FolderFiles,
  architectures: readonly Architecture[],
): Promise<{ described: DescribedModel; packing: Packing }> {
  const json = await readJson(found.config);
  const described = parseModelConfig(json, found.config.path, architectures);
  const packing = await readPacking(found, json);
  const generation = await readObject(found.generationConfig);
  const extra = z.union([z.int(), z.array(z.int())]).safeParse(generation?.['eos_token_id']);
  if (!extra.success) return { described, packing };
  const ends = typeof extra.data === 'number' ? [extra.data] : extra.data;
  const { config } = described;
  const eosTokenIds = [...new Set([...config.eosTokenIds, ...ends])];
  return { described: { ...described, config: { ...config, eosTokenIds } }, packing };
}

/** AutoGPTQ once said how weights are packed in a file of its own. */
async function readPacking({ config, beside }: FolderFiles, json: unknown): Promise<Packing> {
  const stated = parsePacking(json, config.path);
  const older = beside.find(({ name }) => name === 'quantize_config.json');
  if (stated.gptq || stated.compressed || !older) return stated;
  const quantization = { quant_method: 'gptq', ...(await readObject(older)) };
  return parsePacking({ quantization_config: quantization }, older.path);
}

function weightEntries({ tensors, transposed }: ModelTensors): Map<string, WeightEntry> {
  return new Map(
    [...tensors].map(([name, entry]) => [
      name,
      {
        dtype: floatDtypeOf(entry),
        shape: transposed.has(name) ? entry.shape.toReversed() : entry.shape,
        bytes: entry.end - entry.begin,
      },
    ]),
  );
}

/** Shapes of all weights, the INT4 ones as they would be in floats. */
function weightShapes(resolved: ModelTensors): Map<string, Pick<TensorEntry, 'shape'>> {
  const { quantized } = resolved;
  return new Map<string, Pick<TensorEntry, 'shape'>>([
    ...weightEntries(resolved),
    ...[...quantized].map(([module, weight]) => [`${module}.weight`, weight] as const),
  ]);
}

/** Everything that is read of the files, by canonical name. */
function allEntries({ tensors, quantized }: ModelTensors): Map<string, TensorEntry> {
  return new Map([...tensors, ...[...quantized.values()].flatMap((module) => [...module.entries])]);
}

async function readJson(file: FileSource, keys: 'sound' | 'any' = 'sound'): Promise<unknown> {
  return parseJson(await readText(file, maxJsonBytes), file.path, keys);
}

async function readObject(file: FileSource | null): Promise<Record<string, unknown> | null> {
  if (!file) return null;
  return checked(objectSchema, await readJson(file), file.path, 'Download the file again, or leave it out.');
}

/** With the chat template, which newer folders have in a file of its own (it goes first, as in transformers). */
async function readTokenizerConfig({
  tokenizerConfig,
  chatTemplate,
}: FolderFiles): Promise<Record<string, unknown> | null> {
  const config = await readObject(tokenizerConfig);
  return chatTemplate ? { ...config, chat_template: await readText(chatTemplate, maxJsonBytes) } : config;
}

/** The weights, and what to call them in errors. */
async function openWeights(found: FolderFiles): Promise<{ store: TensorStore; path: string }> {
  const { index, beside } = found;
  if (index) return { store: await openSharded(index, beside), path: index.path };
  const weights = findWeights(found);
  return { store: await openTogether(weights), path: weights[0]?.path ?? '' };
}

type TensorReader = ModelFolder['readTensor'];

function tensorReader(resolved: ModelTensors, store: TensorStore): TensorReader {
  return async (name, signal) => {
    const entry = resolved.tensors.get(name);
    if (!entry) throw missingTensor('The model', name);
    const bytes = await store.read(entry.name, signal ? { signal } : {});
    return asStored(resolved, name, entry, bytes);
  };
}

/** Linear weights that the file holds as [in, out] are turned round. */
function asStored(
  { transposed }: ModelTensors,
  name: string,
  entry: TensorEntry,
  bytes: Uint8Array<ArrayBuffer>,
): StoredTensor {
  const dtype = floatDtypeOf(entry);
  if (!transposed.has(name)) return { dtype, shape: entry.shape, bytes };
  const [inputs, outputs] = entry.shape as [number, number];
  return { dtype, shape: [outputs, inputs], bytes: transpose(bytes, inputs, outputs, floatBytes[dtype]) };
}

/** [rows, columns] → [columns, rows], elements of `width` bytes. */
function transpose(bytes: Uint8Array<ArrayBuffer>, rows: number, columns: number, width: number) {
  const Words = width === 2 ? Uint16Array : Uint32Array;
  const from = new Words(bytes.buffer, bytes.byteOffset, rows * columns);
  const to = new Words(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) to[column * rows + row] = from[row * columns + column]!;
  return new Uint8Array(to.buffer);
}

/** Fingerprints count the bytes of the file, whatever becomes of them. */
async function readAllTensors(
  resolved: ModelTensors,
  store: TensorStore,
  visitor?: WeightVisitor,
  signal?: AbortSignal,
): Promise<ModelFingerprint> {
  const digests: Digest[] = [];
  const names = new Map([...allEntries(resolved)].map(([name, entry]) => [entry, name]));
  const read = async (entry: TensorEntry) => {
    const bytes = await store.read(entry.name, signal ? { signal } : {});
    const { dtype, shape } = entry;
    digests.push({
      name: names.get(entry)!,
      dtype: dtype.toLowerCase(),
      shape,
      sha256: await sha256(bytes),
    });
    return bytes;
  };
  for (const name of [...resolved.tensors.keys(), ...resolved.quantized.keys()].toSorted()) {
    const module = resolved.quantized.get(name);
    if (module) {
      const weight = await module.read(read);
      visitor?.quantized(name, weight);
    } else {
      const entry = resolved.tensors.get(name)!;
      const bytes = await read(entry);
      visitor?.tensor(name, asStored(resolved, name, entry, bytes));
    }
  }
  return fingerprintOf(resolved.config, digests);
}

const comparedBytes = 1 << 22;

async function compareSpareHead(
  resolved: ModelTensors,
  store: TensorStore,
): Promise<'absent' | 'equal' | 'different'> {
  const { embeddingName } = outerNames(resolved.config);
  const embedding = resolved.tensors.get(embeddingName);
  const head = resolved.spareHead;
  if (!embedding || !head) return 'absent';
  const length = head.end - head.begin;
  if (head.dtype !== embedding.dtype || length !== embedding.end - embedding.begin) return 'different';
  for (let from = 0; from < length; from += comparedBytes) {
    const range = { from, to: from + comparedBytes };
    const [a, b] = await Promise.all([store.read(embedding.name, range), store.read(head.name, range)]);
    if (a.some((byte, i) => byte !== b[i])) return 'different';
  }
  return 'equal';
}
