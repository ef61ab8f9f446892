import type { Backend, Store } from '../backends/backend.ts';
import { openTokenizer, type TextTokenizer } from '../datasets/tokenizer.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import type { ModelFolder } from '../formats/model-folder.ts';
import type { PeftAdapter } from '../formats/peft.ts';
import { sha256 as digest } from '../formats/sha256.ts';
import type { FileSource } from '../formats/source.ts';
import { bytesOf } from '../graph/tensor.ts';
import { PareError } from '../lib/assert.ts';
import {
  codesName,
  givenA,
  givenB,
  gridName,
  plainPlan,
  type AdapterPlan,
  type ElasticPlan,
} from '../models/elastic.ts';
import { openModel } from '../models/open-model.ts';
import { plainModel, type Runnable } from '../models/runnable.ts';
import { blockModules, structureOf, type ModelStructure } from '../models/structure.ts';
import { loadWeights, requireFinite } from '../models/weights.ts';
import { costOf, denseModel } from '../evaluation/cost.ts';
import type { ModelInfo } from '../session/events.ts';
import { toFloat32, type FloatDtype } from '../lib/half.ts';

/** How a model came. INT4 may be sparse as well: its `sparsity` tells. */
export type ModelForm = NonNullable<ModelInfo['form']>;

/** A model whose weights are on the device. */
export interface LoadedModel {
  readonly info: ModelInfo;
  readonly folder: ModelFolder;
  readonly backend: Backend;
  readonly store: Store;
  readonly config: ModelConfig;
  readonly structure: ModelStructure;
  /** null where the folder has none: such a model can be inspected and run on ids only. */
  readonly tokenizer: TextTokenizer | null;
  /** The adapter that came with the folder, else a plain plan. */
  readonly plan: ElasticPlan;
  /** Modules whose weights are INT4 codes and a grid in the store; empty otherwise. */
  readonly quantized: ReadonlySet<string>;
  /** Share of exact zeros among the weights of the blocks' linear modules; of INT4, codes that equal the zero point. */
  readonly sparsity: number;
  readonly form: ModelForm;
  /** Orders of channels and heads that are in force; undone before the next run. */
  readonly orders: Map<string, readonly number[]>;
}

/** Opens a folder and streams its weights to the device. Nothing of an earlier model is touched if it fails. */
export async function loadModel(
  backend: Backend,
  files: readonly FileSource[],
  onProgress?: (done: number, total: number) => void,
): Promise<LoadedModel> {
  const folder = await openModel(files);
  const tokenizer =
    folder.tokenizerJson === undefined
      ? null
      : await openTokenizer(folder.tokenizerJson, folder.tokenizerConfig, folder.config);
  requireFits(backend, folder);
  const store = backend.createStore();
  try {
    const { sha256: base, sparsity } = await loadWeights(folder, store, onProgress);
    const form = formOf(folder, sparsity);
    const given = folder.peft && (await loadAdapter(folder.peft, store, folder.config));
    const plan = given?.plan ?? plainPlan(folder.config.layers);
    const structure = structureOf(folder.config);
    return {
      info: infoOf(folder, structure, given ? await digest(`${base}\n${given.sha256}`) : base, form),
      folder,
      backend,
      store,
      config: folder.config,
      structure,
      tokenizer,
      plan,
      quantized: new Set(folder.quantized.keys()),
      sparsity,
      form,
      orders: new Map(),
    };
  } catch (error) {
    store.dispose();
    throw error;
  }
}

/** The model as it was opened, its adapter included. */
export function originalModel({ backend, store, config, plan, quantized }: LoadedModel): Runnable {
  return { ...plainModel(backend, store, config), plan, quantized };
}

/**
 * From a tenth of zeros on a model counts as sparse: a trained model has next to none (its weights are continuous), and
 * nobody prunes less.
 */
const leastSparsity = 0.1;

function formOf({ quantized }: ModelFolder, sparsity: number): ModelForm {
  if (quantized.size > 0) return 'int4';
  return sparsity >= leastSparsity ? 'sparse' : 'dense';
}

function requireFits(backend: Backend, folder: ModelFolder): void {
  const limit = backend.facts.maxTensorBytes;
  for (const [name, size] of deviceBytes(folder)) {
    if (size <= limit) continue;
    throw new PareError(
      'tensor-too-large',
      `${name} has ${size} bytes; this device takes at most ${limit} in one buffer.`,
      'Use a smaller model, or a device with a larger storage buffer limit.',
    );
  }
}

/** What each tensor takes on the device: floats as in the file, INT4 as codes and a grid in float32. */
function* deviceBytes({ tensors, quantized }: ModelFolder): Iterable<[name: string, size: number]> {
  for (const [name, { dtype, shape }] of tensors) yield [name, bytesOf({ dtype, shape })];
  for (const [module, { shape, groups }] of quantized) {
    yield [codesName(module), bytesOf({ dtype: 'i4', shape })];
    yield [gridName(module), bytesOf({ dtype: 'f32', shape: [shape[0], 2 * groups] })];
  }
}

function infoOf(folder: ModelFolder, structure: ModelStructure, sha256: string, form: ModelForm): ModelInfo {
  const { config, name, tensors, quantized, bytes } = folder;
  const floats = [...tensors.values()].map(({ dtype }) => dtype.toUpperCase());
  const dtypes = [...new Set([...(quantized.size > 0 ? ['I4'] : []), ...floats])];
  return {
    name: name.slice(0, 200),
    architecture: architectureOf(config).slice(0, 200),
    sha256,
    parameters: costOf(structure, denseModel).wholeModelParameters,
    layers: config.layers,
    hiddenSize: config.hiddenSize,
    intermediateSize: config.intermediateSize,
    vocabSize: config.vocabSize,
    bytes,
    dtype: dtypes.join(' + '),
    form,
  };
}

/** `LlamaForCausalLM`, where config.json names it; else the model type. */
export function architectureOf({ raw, modelType }: ModelConfig): string {
  const named = Array.isArray(raw['architectures']) ? (raw['architectures'] as unknown[])[0] : undefined;
  return typeof named === 'string' ? named : modelType;
}

/** Puts an adapter beside the weights. Its fingerprint counts with theirs: a run that began with it is no run without it. */
async function loadAdapter(
  peft: PeftAdapter,
  store: Store,
  config: ModelConfig,
): Promise<{ plan: ElasticPlan; sha256: string }> {
  const lines: string[] = [];
  const adapters = new Map<string, AdapterPlan>();
  const known = new Set(
    Array.from({ length: config.layers }, (_, layer) => blockModules(config, layer)).flat(),
  );
  for (const { module, rank, scale, a, b } of peft.modules.values()) {
    if (!known.has(module)) {
      throw new PareError(
        'adapter-module',
        `The adapter changes ${module}, which Pare cannot adapt.`,
        'Use an adapter on the linear modules of the blocks, or open the base without it.',
      );
    }
    for (const [name, entry] of [
      [givenA(module), a],
      [givenB(module), b],
    ] as const) {
      const dtype = entry.dtype.toLowerCase() as FloatDtype;
      const bytes = await peft.store.read(entry.name);
      requireFinite(entry.name, bytes, dtype);
      lines.push(JSON.stringify([name, dtype, entry.shape, scale, await digest(bytes)]));
      store.allocate(name, { dtype: 'f32', shape: entry.shape });
      store.write(name, toFloat32(bytes, dtype));
    }
    adapters.set(module, { rank, scale, group: null, index: adapters.size, given: true });
  }
  await store.settled();
  return {
    plan: { ...plainPlan(config.layers), adapters },
    sha256: await digest(lines.toSorted().join('\n')),
  };
}
