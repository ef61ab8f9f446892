import {
  activeShape,
  activeWidths,
  finishedAdapter,
  finishedTensors,
  paddedShape,
} from '../compression/merging/materialize.ts';
import { pad } from '../compression/merging/matrix.ts';
import { peftFiles } from '../formats/peft-write.ts';
import { safetensorsStream, textStream, type SizedStream } from '../formats/safetensors-write.ts';
import type { SafetensorsDtype } from '../formats/safetensors.ts';
import type { Runnable } from '../models/runnable.ts';
import type { ResultRow } from '../session/events.ts';
import type { FinishedRun } from './run.ts';
import { modelCard } from './model-card.ts';
import { mergeable, subNetworkModel } from './trained.ts';

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
 * The chosen model as a Hugging Face folder. A dense base ships merged and sliced; a sparse one keeps its zeros, with
 * the adapter beside it in PEFT's form. Stock loaders know one FFN width for all layers: where the chosen widths
 * differ, they are padded with zeros to the widest.
 */
export function exportModel({ run, trained, genome }: FinishedRun, rows: readonly ResultRow[]): ModelExport {
  const { model, recipe } = run;
  const network = subNetworkModel(model, trained, genome);
  const merge = mergeable(trained);
  const widths = activeWidths(network);
  const widest = Math.max(...widths);
  const tensors = finishedTensors(network, model.folder.tensors.keys(), { merge, padWidth: widest });
  const name = `${model.info.name}-${recipe.method}`;
  const notes = exportNotes(merge, widths, model.info.dtype);
  const weights = safetensorsStream(
    tensors.map((tensor) => ({ ...tensor, dtype: tensor.dtype.toUpperCase() as SafetensorsDtype })),
  );
  const files: ExportFile[] = [
    json('config.json', {
      ...model.config.raw,
      tie_word_embeddings: model.config.tied,
      intermediate_size: widest,
    }),
    { name: 'model.safetensors', ...weights },
    ...tokenizerFiles(run),
    {
      name: 'README.md',
      ...textStream(modelCard({ name, model: model.info, recipe, rows, notes, merged: merge })),
    },
  ];
  return { name, files: merge ? files : [...files, ...adapterFiles(network, '../', widest)], notes };
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

/** The adapter in PEFT's form; padded like the base beside it where FFN widths differ. */
function adapterFiles(network: Runnable, base: string, widest: number): ExportFile[] {
  const modules = [...network.plan.adapters].map(([module, { group, rank, scale }]) => {
    const [rows, columns] = network.store.spec(`${module}.weight`).shape as [number, number];
    const name = `${module}.weight`;
    const shipped = paddedShape(module, name, activeShape(network, module, { rows, columns }), widest);
    const active = group === null ? rank : network.limits[group]!;
    const matrix = (pick: 'a' | 'b', height: number, width: number) => async () => {
      const adapter = await finishedAdapter(network, module);
      return new Uint8Array(pad(adapter![pick], height, width).data.buffer);
    };
    return {
      module,
      rank: active,
      scale,
      inputs: shipped.columns,
      outputs: shipped.rows,
      a: matrix('a', active, shipped.columns),
      b: matrix('b', shipped.rows, active),
    };
  });
  return peftFiles(
    modules.filter(({ rank }) => rank > 0),
    { base, dtype: 'F32' },
  ).map((file) => ({ ...file, name: `adapter/${file.name}` }));
}

function exportNotes(merge: boolean, widths: readonly number[], dtype: string): string[] {
  const notes = merge
    ? [
        `Adapters are merged into the weights and rounded once, to ${dtype} (at most ${rounding[dtype] ?? 'its rounding'} of each weight).`,
      ]
    : [
        'The base keeps its zeros; the adapter is separate (adapter/), since merging it would fill them.',
        'Unstructured zeros save memory and time only in software that skips them.',
      ];
  const widest = Math.max(...widths);
  if (new Set(widths).size === 1) return notes;
  const kept = widths.reduce((sum, width) => sum + width, 0) / (widest * widths.length);
  return [
    ...notes,
    `FFN widths differ by layer (${widths.join(', ')}); the file pads them with zeros to ${widest}, so ${Math.round((1 - kept) * 100)} % of its FFN weights are padding. Search with one width for all layers to avoid it.`,
  ];
}

function json(name: string, value: unknown): ExportFile {
  return { name, ...textStream(`${JSON.stringify(value, null, 2)}\n`) };
}
