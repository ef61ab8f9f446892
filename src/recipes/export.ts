import { Kept } from '../compression/merging/extent.ts';
import {
  activeRank,
  finishedAdapter,
  finishedCodes,
  finishedTensors,
  type FinishedCodes,
} from '../compression/merging/materialize.ts';
import { pad } from '../compression/merging/matrix.ts';
import { compressedTensors } from '../formats/compressed-tensors-write.ts';
import { peftFiles } from '../formats/peft-write.ts';
import { safetensorsStream, textStream, type SizedStream } from '../formats/safetensors-write.ts';
import type { SafetensorsDtype } from '../formats/safetensors.ts';
import type { FloatDtype } from '../lib/half.ts';
import type { Runnable } from '../models/runnable.ts';
import type { Proof, ResultRow } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import type { LoadedModel } from './model.ts';
import type { FinishedRun } from './run.ts';
import { modelCard } from './model-card.ts';
import { mergeable, subNetworkModel, type Trained } from './trained.ts';

export interface ExportFile extends SizedStream {
  /** Path inside the exported folder. */
  readonly name: string;
}

export interface ModelExport {
  readonly name: string;
  readonly files: ExportFile[];
  /** What the format cannot carry exactly, and the stated error of the merge. */
  readonly notes: string[];
}

/** Largest relative rounding of one weight, by the dtype that ships. */
const rounding: Record<string, string> = { F32: '2⁻²⁴', F16: '2⁻¹¹', BF16: '2⁻⁸' };

/**
 * The chosen model as a Hugging Face folder. What merges ships merged and sliced, INT4 modules in compressed-tensors'
 * form; a sparse or INT4 base under a dense adapter ships as it is, with the adapter beside it in PEFT's form. Stock
 * loaders know one FFN width and one number of heads for all layers: where the chosen ones differ, they are padded with
 * zeros to the largest.
 */
export async function exportModel(
  finished: FinishedRun,
  rows: readonly ResultRow[],
  proof: Proof | null = null,
): Promise<ModelExport> {
  const { run, trained, genome } = finished;
  const { model, recipe } = run;
  const network = subNetworkModel(model, trained, genome);
  const merge = mergeable(trained);
  const kept = new Kept(network);
  const floats = finishedTensors(network, model.folder.tensors.keys(), { merge, pad: true });
  const codes = await codesOf(finished, network);
  const name = `${model.info.name}-${recipe.method}`;
  const notes = [...exportNotes(trained, kept, model.info.dtype), ...codes.notes];
  const weights = safetensorsStream([
    ...floats.map((tensor) => ({ ...tensor, dtype: tensor.dtype.toUpperCase() as SafetensorsDtype })),
    ...codes.tensors,
  ]);
  const files: ExportFile[] = [
    json('config.json', { ...configOf(finished, kept), ...codes.config }),
    { name: 'model.safetensors', ...weights },
    ...tokenizerFiles(run),
    {
      name: 'README.md',
      ...textStream(modelCard({ name, model: model.info, recipe, rows, notes, proof, merged: merge })),
    },
  ];
  const adapters = merge ? [] : await adapterFiles(network, kept);
  return { name, files: [...files, ...adapters], notes };
}

/** Keys of config.json that hold a value a layer. */
const perLayer = ['layer_types', 'mlp_layer_types', 'no_rope_layers'];

/** The config of the original, with the sizes that are left. */
function configOf({ run: { model } }: FinishedRun, kept: Kept): Record<string, unknown> {
  const { raw, tied, headDim } = model.config;
  const { width, query, keyValue } = kept.widest();
  // What the config says of every layer, it says of those that are left.
  const lists = perLayer.filter((key) => Array.isArray(raw[key]));
  const left = (key: string) => kept.blocks.map(({ block }) => (raw[key] as unknown[])[block]);
  return {
    ...raw,
    ...Object.fromEntries(lists.map((key) => [key, left(key)])),
    tie_word_embeddings: tied,
    num_hidden_layers: kept.blocks.length,
    intermediate_size: width,
    num_attention_heads: query / headDim,
    num_key_value_heads: keyValue / headDim,
    head_dim: headDim,
  };
}

/** INT4 modules as compressed-tensors; nothing where the model has none. */
async function codesOf({ run: { model, recipe } }: FinishedRun, network: Runnable) {
  const modules = finishedCodes(network);
  if (modules.length === 0) return { tensors: [], config: {}, notes: [] };
  const outputs = modules.map((module) => ({ ...module, group: groupOf(module, recipe, model) }));
  // Loaders go by the modules of the model, of which a tied head is one as well.
  const ignore = model.structure.modules
    .map(({ name }) => name)
    .filter((name) => !network.quantized.has(name));
  const dtype = model.store.spec(`${model.config.names.finalNorm}.weight`).dtype as FloatDtype;
  const { tensors, quantization, notes } = await compressedTensors(outputs, { ignore, dtype });
  return { tensors, config: { quantization_config: quantization }, notes };
}

/** Inputs a group, as the recipe or the file has it; null: the whole row. */
function groupOf(
  { module }: FinishedCodes,
  { quantization }: Recipe,
  { folder }: LoadedModel,
): number | null {
  const opened = folder.quantized.get(module);
  return opened ? opened.group : quantization!.group;
}

function tokenizerFiles({ model: { folder } }: FinishedRun['run']): ExportFile[] {
  const parts: [string, unknown][] = [
    ['tokenizer.json', folder.tokenizerJson],
    ['tokenizer_config.json', folder.tokenizerConfig],
    ['generation_config.json', folder.generationConfig],
  ];
  return parts
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => json(name, value));
}

/** The adapter in PEFT's form; padded like the base beside it where sizes differ by layer. */
async function adapterFiles(network: Runnable, kept: Kept): Promise<ExportFile[]> {
  const held = [...network.plan.adapters.keys()].filter((module) => kept.rename(module) !== null);
  const modules = held.map((module) => {
    const { rows, columns } = kept.padded(module);
    const rank = activeRank(network, module);
    const matrix = (pick: 'a' | 'b', height: number, width: number) => async () => {
      const adapter = await finishedAdapter(network, module);
      return new Uint8Array(pad(adapter![pick], height, width).data.buffer);
    };
    return {
      module: kept.rename(module)!,
      rank,
      scale: network.plan.adapters.get(module)!.scale,
      inputs: columns,
      outputs: rows,
      a: matrix('a', rank, columns),
      b: matrix('b', rows, rank),
    };
  });
  return peftFiles(modules, { base: '../', dtype: 'F32' }).map((file) => ({
    ...file,
    name: `adapter/${file.name}`,
  }));
}

function exportNotes(trained: Trained, { blocks }: Kept, dtype: string): string[] {
  const { masked, plan } = trained;
  const notes = [mergeNote(trained, dtype)];
  if (masked.size > 0)
    notes.push('Unstructured zeros save memory and time only in software that skips them.');
  if (plan.blocks.some((column) => column !== null)) {
    const removed = plan.blocks.length - blocks.length;
    notes.push(
      removed === 0 ? 'All blocks are kept.' : `${removed} of ${plan.blocks.length} blocks are taken out.`,
    );
  }
  for (const [what, sizes] of [
    ['FFN widths', blocks.map(({ width }) => width)],
    ['Attention rows', blocks.map(({ query }) => query)],
  ] as const) {
    const widest = Math.max(...sizes);
    const share = sizes.reduce((sum, size) => sum + size, 0) / (widest * sizes.length);
    if (share === 1) continue;
    notes.push(
      `${what} differ by layer (${sizes.join(', ')}); the file pads them with zeros to ${widest}, so ${Math.round((1 - share) * 100)} % of those weights are padding. Search with one size for all layers to avoid it.`,
    );
  }
  return notes;
}

function mergeNote({ plan, masked, quantized }: Trained, dtype: string): string {
  if (plan.merge === 'quantized')
    return 'Adapters are merged on the INT4 grid that they were trained on: the codes are those of the last training forward, and no adapter is left.';
  if (plan.merge === 'masked')
    return `Adapters are merged under the mask, in ${dtype} as they were trained: every zero of the base is still one.`;
  if (masked.size === 0 && quantized.size === 0)
    return `Adapters are merged into the weights and rounded once, to ${dtype} (at most ${rounding[dtype] ?? 'its rounding'} of each weight).`;
  return quantized.size > 0
    ? 'The base stays INT4; the adapter is separate (adapter/), since its sum with the codes is on no grid.'
    : 'The base keeps its zeros; the adapter is separate (adapter/), since merging it would fill them.';
}

function json(name: string, value: unknown): ExportFile {
  return { name, ...textStream(`${JSON.stringify(value, null, 2)}\n`) };
}
