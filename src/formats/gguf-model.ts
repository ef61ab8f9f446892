/**
 * Opens a GGUF file as a model: what its metadata say as config.json and tokenizer.json, its tensors by the model's own
 * names (`gguf-weights.ts` reads them).
 */
import { PareError } from '../lib/assert.ts';
import { fromFloat32, toFloat32 } from '../lib/half.ts';
import { parseModelConfig, type Architecture } from './architecture.ts';
import { findAdapter, isGguf, isWeights } from './folder.ts';
import { openGguf, type GgufFile, type GgufTensor } from './gguf.ts';
import { ggufAdapter } from './gguf-adapter.ts';
import { damagedGguf } from './gguf-cursor.ts';
import { ggufArchitecture, ggufConfig, ropeTensor } from './gguf-config.ts';
import { ggufPlaces, type GgufPlace } from './gguf-names.ts';
import { ggufTokenizer } from './gguf-tokenizer.ts';
import { entryOf, int4EntryOf, isInt4, readFloats, readInt4, sizeOf, type Placed } from './gguf-weights.ts';
import type { ModelConfig } from './model-config.ts';
import {
  fingerprintOf,
  type Digest,
  type ModelFingerprint,
  type ModelFolder,
  type WeightVisitor,
} from './model-folder.ts';
import { openPeft } from './peft.ts';
import { missingTensor } from './safetensors.ts';
import { sha256 } from './sha256.ts';
import { nameOf, type FileSource } from './source.ts';

interface Placement {
  readonly config: ModelConfig;
  /** Canonical name → tensor, of those that are read as floats. */
  readonly floats: ReadonlyMap<string, Placed>;
  /** Module → tensor, of those that stay INT4. */
  readonly int4: ReadonlyMap<string, Placed>;
}

/** Whether the model among these files is a GGUF file: there is one, and no safetensors model. */
export const holdsGguf = (files: readonly FileSource[]): boolean =>
  files.some(isGguf) && !files.some(isWeights);

/** The model among the GGUF files, and its adapter where that is one too. */
async function openFiles(
  files: readonly FileSource[],
): Promise<{ gguf: GgufFile; adapter: GgufFile | null }> {
  const opened = await Promise.all(files.filter(isGguf).slice(0, 3).map(openGguf));
  const adapters = opened.filter(({ metadata }) => metadata.text('general.type') === 'adapter');
  const [gguf, second] = opened.length === 1 ? opened : opened.filter((each) => !adapters.includes(each));
  const [adapter, other] = opened.length === 1 ? [] : adapters;
  if (gguf && !second && !other) return { gguf, adapter: adapter ?? null };
  throw new PareError(
    'model-ambiguous',
    `There are several models or adapters here: ${opened.map(({ file }) => file.path).join(', ')}.`,
    'Open one GGUF model at a time, with one adapter at most; join the parts of a split one with llama-gguf-split --merge.',
  );
}

/** Opens the GGUF file among `files`; an adapter (PEFT or GGUF) and a tokenizer.json among them go with it. */
export async function openGgufModel(
  files: readonly FileSource[],
  architectures: readonly Architecture[],
): Promise<ModelFolder> {
  const { gguf, adapter: lora } = await openFiles(files);
  const weights = gguf.file;
  const architecture = ggufArchitecture(gguf);
  const raw = ggufConfig(gguf, architecture, await readDivisors(gguf));
  const { config } = parseModelConfig(raw, weights.path, architectures);
  const placement = await placeTensors(gguf, config, architecture);
  const tokenizer = await ggufTokenizer(gguf, files);
  const adapter = findAdapter(files, '');
  const entries = new Map([...placement.floats].map(([name, placed]) => [name, entryOf(placed)]));
  const quantized = new Map([...placement.int4].map(([module, placed]) => [module, int4EntryOf(placed)]));
  const shapes = new Map<string, { shape: readonly number[] }>([
    ...entries,
    ...[...quantized].map(([module, entry]) => [`${module}.weight`, entry] as const),
  ]);
  const peft = adapter.config ? await openPeft(adapter.config, adapter.weights, shapes) : null;
  return {
    name: nameOf(weights.path).replace(/\.gguf$/i, ''),
    config,
    tensors: entries,
    quantized,
    readTensor: async (name, signal) => {
      const placed = placement.floats.get(name);
      if (!placed) throw missingTensor(weights.path, name);
      return readFloats(gguf, placed, signal);
    },
    ...tokenizer,
    generationConfig: null,
    bytes: [...placement.floats.values(), ...placement.int4.values()].reduce(
      (sum, placed) => sum + sizeOf(placed),
      0,
    ),
    peft: peft ?? (lora && ggufAdapter(lora, ggufPlaces(config, architecture))),
    fingerprint: (visitor, signal) => readAll(gguf, placement, visitor, signal),
    // A file that holds a head of its own is not tied.
    spareHead: () => Promise.resolve('absent'),
  };
}

const maxHeadDim = 4096;

async function readDivisors({ file, tensors }: GgufFile): Promise<Float32Array | null> {
  const tensor = tensors.get(ropeTensor);
  if (!tensor) return null;
  const isVector = tensor.shape.length === 1 && tensor.shape[0]! <= maxHeadDim;
  if (tensor.type === 'F32' && isVector) return toFloat32(await file.read(tensor.begin, tensor.end), 'f32');
  throw damagedGguf(
    file.path,
    `${ropeTensor} is ${tensor.type} [${tensor.shape.join(', ')}], but should be F32 and half of a head long`,
    {
      field: ropeTensor,
      offset: tensor.begin,
    },
  );
}

/** Finds every tensor of the model in the file, and nothing else there. */
async function placeTensors(gguf: GgufFile, config: ModelConfig, architecture: string): Promise<Placement> {
  const floats = new Map<string, Placed>();
  const int4 = new Map<string, Placed>();
  const places = ggufPlaces(config, architecture);
  requireSameNames(gguf, places);
  for (const [name, place] of places) {
    const tensor = gguf.tensors.get(place.name)!;
    requireShape(gguf, tensor, place.shape);
    const placed = { tensor, place };
    if (place.linear && (await isInt4(gguf, tensor))) int4.set(name.replace(/\.weight$/, ''), placed);
    else floats.set(name, placed);
  }
  return { config, floats, int4 };
}

const some = (names: string[]) => names.slice(0, 4).join(', ') + (names.length > 4 ? ', …' : '');

function requireSameNames({ file, tensors }: GgufFile, places: ReadonlyMap<string, GgufPlace>): void {
  const expected = new Set([...places.values()].map(({ name }) => name));
  const missing = [...expected].filter((name) => !tensors.has(name));
  const others = [...tensors.keys()].filter((name) => !expected.has(name) && name !== ropeTensor);
  if (missing.length === 0 && others.length === 0) return;
  const problems = [
    ...(missing.length > 0
      ? [`lacks ${missing.length} of the ${expected.size} tensors of the model (${some(missing)})`]
      : []),
    ...(others.length > 0 ? [`has ${others.length} that have no place in it (${some(others)})`] : []),
  ];
  throw new PareError(
    missing.length > 0 ? 'tensors-missing' : 'tensors-unexpected',
    `${file.path} ${problems.join(' and ')}.`,
    'Check that the file is complete, and of an architecture that Pare knows; else convert the model again.',
    { missing, unexpected: others },
  );
}

function requireShape(
  { file }: GgufFile,
  { name, shape, begin }: GgufTensor,
  expected: readonly number[],
): void {
  if (shape.length === expected.length && shape.every((extent, i) => extent === expected[i])) return;
  throw damagedGguf(
    file.path,
    `${name} is [${shape.join(', ')}], but its metadata make it [${expected.join(', ')}]`,
    { field: name, offset: begin },
  );
}

/** The fingerprint counts what the model computes with, whatever form the file has. */
async function readAll(
  gguf: GgufFile,
  { config, floats, int4 }: Placement,
  visitor?: WeightVisitor,
  signal?: AbortSignal,
): Promise<ModelFingerprint> {
  const digests: Digest[] = [];
  const add = async (name: string, dtype: string, shape: readonly number[], bytes: Uint8Array<ArrayBuffer>) =>
    digests.push({ name, dtype, shape, sha256: await sha256(bytes) });
  for (const name of [...floats.keys(), ...int4.keys()].toSorted()) {
    const placed = floats.get(name);
    if (placed) {
      const tensor = await readFloats(gguf, placed, signal);
      await add(name, tensor.dtype, tensor.shape, tensor.bytes);
      visitor?.tensor(name, tensor);
    } else {
      const weight = await readInt4(gguf, int4.get(name)!, signal);
      await add(`${name}.weight_codes`, 'i4', weight.shape, weight.codes);
      await add(
        `${name}.weight_grid`,
        'f32',
        [weight.shape[0], weight.groups, 2],
        fromFloat32(weight.grid, 'f32'),
      );
      visitor?.quantized(name, weight);
    }
  }
  return fingerprintOf(config, digests);
}
