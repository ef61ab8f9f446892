import { Kept } from '../compression/merging/extent.ts';
import type { ExportFile, ExportFormat, FinishedModel } from '../exporters/exporter.ts';
import { exporterOf, exporters } from '../exporters/registry.ts';
import { PareError } from '../lib/assert.ts';
import type { Proof, ResultRow } from '../session/events.ts';
import { exportedModel, type Exportable } from './exported-model.ts';
import { modelCard } from './model-card.ts';
import { subNetworkModel } from './trained.ts';

export interface ModelExport {
  readonly name: string;
  readonly format: ExportFormat;
  readonly files: ExportFile[];
  /** What the format cannot carry exactly, and the stated error of the merge. */
  readonly notes: string[];
}

/** A format, and what is to be known of it before the download. */
export interface FormatOffer {
  readonly format: ExportFormat;
  readonly title: string;
  /** What reads it. */
  readonly readers: string;
  /** Why this model cannot be written in it, and what to do instead; null: it can. */
  readonly refused: string | null;
  readonly notes: readonly string[];
}

/** What a method ships as where nothing else is asked for: floats, or INT4 as vLLM and transformers load it. */
export function defaultFormat({ run: { model }, trained }: Exportable): ExportFormat {
  if (trained.quantized.size === 0) return 'hf';
  return model.config.decoder.transposed ? 'gptq' : 'compressed-tensors';
}

/** All formats, the default one first. Grids are read, weights are not. */
export async function formatOffers(finished: Exportable): Promise<FormatOffer[]> {
  const first = defaultFormat(finished);
  const offers: FormatOffer[] = [];
  for (const exporter of exporters) {
    const { format, title, readers } = exporter;
    const { refused, notes } = await exporter.check(exportedModel(finished, exporter));
    offers.push({ format, title, readers, refused, notes: [...runNotes(finished, format), ...notes] });
  }
  return offers.toSorted((a, b) => Number(b.format === first) - Number(a.format === first));
}

export interface ExportOptions {
  /** Absent: the default one. */
  readonly format?: ExportFormat;
  readonly proof?: Proof | null;
}

/**
 * The chosen model in one format. What merges ships merged and sliced; a sparse or INT4 base under a dense adapter ships
 * as it is, with the adapter beside it. Where a format's readers know one FFN width and one number of heads for all
 * blocks, smaller blocks are padded with zeros to the largest. Throws where the format cannot hold the model.
 */
export async function exportModel(
  finished: Exportable,
  rows: readonly ResultRow[],
  { format = defaultFormat(finished), proof = null }: ExportOptions = {},
): Promise<ModelExport> {
  const { model: opened, recipe } = finished.run;
  const exporter = exporterOf(format);
  const shown = exportedModel(finished, exporter);
  const name = format === defaultFormat(finished) ? shown.name : `${shown.name}-${format}`;
  const model: FinishedModel = { ...shown, name };
  const { refused, notes: exactness } = await exporter.check(model);
  if (refused) throw refusedExport(exporter.title, refused);
  const notes = [...runNotes(finished, format), ...exactness];
  const usage = exporter.usage?.(model) ?? null;
  const card = modelCard({ name, format, model: opened.info, recipe, rows, notes, proof, usage });
  return { name, format, files: await exporter.files(model, card), notes };
}

function refusedExport(title: string, refused: string): PareError {
  const [problem, ...rest] = refused.split(/(?<=\.) (?=[A-Z])/);
  const remedy = rest.join(' ') || 'Choose another format.';
  return new PareError('export-refused', `${title}: ${problem}`, remedy);
}

/** Largest relative rounding of one weight, by the dtype that ships. */
const rounding: Record<string, string> = { F32: '2⁻²⁴', F16: '2⁻¹¹', BF16: '2⁻⁸' };

/** What is true of the model in this form, whatever the bytes look like. */
function runNotes(finished: Exportable, format: ExportFormat): string[] {
  const { run, trained, genome } = finished;
  const { sizes, adapters } = exporterOf(format);
  const { blocks } = new Kept(subNetworkModel(run.model, trained, genome));
  const { masked, plan } = trained;
  const notes = adapters === 'merged' || plan.merge !== 'none' ? [mergeNote(finished, format)] : [];
  if (masked.size > 0 && adapters === 'merged')
    notes.push('Unstructured zeros save memory and time only in software that skips them.');
  if (plan.blocks.some((column) => column !== null)) {
    const removed = plan.blocks.length - blocks.length;
    notes.push(
      removed === 0 ? 'All blocks are kept.' : `${removed} of ${plan.blocks.length} blocks are taken out.`,
    );
  }
  return [...notes, ...sizeNotes(blocks, sizes)];
}

function sizeNotes(blocks: Kept['blocks'], form: 'uniform' | 'by-layer'): string[] {
  return (
    [
      ['FFN widths', blocks.map(({ width }) => width)],
      ['Attention rows', blocks.map(({ query }) => query)],
    ] as const
  ).flatMap(([what, sizes]) => {
    const widest = Math.max(...sizes);
    const share = sizes.reduce((sum, size) => sum + size, 0) / (widest * sizes.length);
    if (share === 1) return [];
    const differ = `${what} differ by layer (${sizes.join(', ')})`;
    if (form === 'by-layer') return [`${differ}; the file has each as it is.`];
    const padding = `${Math.round((1 - share) * 100)} %`;
    return [
      `${differ}; the file pads them with zeros to ${widest}, so ${padding} of those weights are padding. Search with one size for all layers to avoid it, or choose ONNX, which has each layer as it is.`,
    ];
  });
}

/** Where an adapter is that stays beside the weights. */
const places: Readonly<Record<ExportFormat, string>> = {
  hf: 'is separate (adapter/)',
  peft: 'is separate',
  gptq: 'is separate (adapter/)',
  'compressed-tensors': 'is separate (adapter/)',
  onnx: 'stays in the graph, beside the weights',
  gguf: 'is separate (adapter.gguf)',
};

function mergeNote(
  { run: { model }, trained: { plan, masked, quantized } }: Exportable,
  format: ExportFormat,
): string {
  const { dtype } = model.info;
  if (plan.merge === 'quantized')
    return 'Adapters are merged on the INT4 grid that they were trained on: the codes are those of the last training forward, and no adapter is left.';
  if (plan.merge === 'masked')
    return `Adapters are merged under the mask, in ${dtype} as they were trained: every zero of the base is still one.`;
  if (masked.size === 0 && quantized.size === 0)
    return `Adapters are merged into the weights and rounded once, to ${dtype} (at most ${rounding[dtype] ?? 'its rounding'} of each weight).`;
  return quantized.size > 0
    ? `The base stays INT4; the adapter ${places[format]}, since its sum with the codes is on no grid.`
    : `The base keeps its zeros; the adapter ${places[format]}, since merging it would fill them.`;
}
