import { toPair } from '../datasets/template.ts';
import type { DataInfo, ModelInfo } from '../session/events.ts';
import { costOf, denseModel } from '../evaluation/cost.ts';
import { codesName } from '../models/elastic.ts';
import type { ModuleRole } from '../models/structure.ts';
import type { LoadedData } from './loaded-data.ts';
import type { LoadedModel } from './model.ts';

/** What the Model panel shows. */
export interface ModelSummary extends ModelInfo {
  modules: ModuleSummary[];
  /** Share of exact zeros among the weights of the blocks' linear modules. */
  sparsity?: number;
  /** Group sizes of the INT4 modules, null for whole rows; empty where there are none. */
  groups?: (number | null)[];
  macsPerToken: number;
  hasTokenizer: boolean;
  /** Set where the folder carries a PEFT adapter, which is then loaded with it. */
  adapter: string | null;
  warnings: string[];
}

export interface ModuleSummary {
  name: string;
  shape: number[];
  dtype: string;
}

/** What the Data panel shows. */
export interface DataSummary {
  name: string;
  sha256: string;
  bytes: number;
  kind: 'pairs' | 'documents';
  examples: number;
  /** All columns of a table, for the user to pick from; empty for plain text. */
  columns: string[];
  /** The columns in use. */
  prompt: string | null;
  answer: string | null;
  /** The published data set that it was recognised as. */
  dataset: string | null;
  /** Every example has options to choose from. */
  isChoice: boolean;
  /** The first few, as they will be asked. */
  preview: { prompt: string; answer: string }[];
}

/** Bytes on the device, by what holds them. */
export interface MemoryEstimate {
  weights: number;
  adapters: number;
  activations: number;
  total: number;
  /** Largest single buffer, and what the device allows. */
  largestBuffer: number;
  bufferLimit: number;
  split: Pick<DataInfo, 'train' | 'validation' | 'test' | 'tooLong'>;
  fits: boolean;
  /** What stands in the way, and a remedy, where it does not fit. */
  problem: string | null;
}

export function modelSummary({
  info,
  structure,
  store,
  tokenizer,
  folder,
  config,
  quantized,
  sparsity,
}: LoadedModel): ModelSummary {
  const { names, tied } = config;
  const headName = `${tied ? names.embedding : names.head}.weight`;
  const adapter = folder.peft ? `LoRA on ${folder.peft.modules.size} modules` : null;
  const heldAs = (name: string, role: ModuleRole) => {
    if (quantized.has(name)) return codesName(name);
    return role === 'head' ? headName : `${name}.weight`;
  };
  return {
    ...info,
    modules: structure.modules.map(({ name, shape, role }) => ({
      name,
      shape: [...shape],
      dtype: store.spec(heldAs(name, role)).dtype,
    })),
    sparsity,
    groups: [...new Set([...folder.quantized.values()].map(({ group }) => group))],
    macsPerToken: costOf(structure, denseModel).macsPerToken,
    hasTokenizer: tokenizer !== null,
    adapter,
    warnings: [...folder.warnings],
  };
}

const previewed = 5;
const previewLength = 400;

const cut = (text: string) => (text.length > previewLength ? `${text.slice(0, previewLength)}…` : text);

export function dataSummary({ file, columns, choice, title, content }: LoadedData): DataSummary {
  const rows = file.dataset.kind === 'table' ? file.dataset.rows.length : 0;
  const preview =
    content?.kind === 'pairs'
      ? content.items
          .slice(0, previewed)
          .map((item) => toPair(item, 'auto'))
          .map(({ prompt, answer }) => ({ prompt: cut(prompt), answer: cut(answer) }))
      : (content?.documents ?? []).slice(0, previewed).map((text) => ({ prompt: '', answer: cut(text) }));
  return {
    name: file.name,
    sha256: file.sha256,
    bytes: file.bytes,
    kind: content?.kind ?? 'pairs',
    examples: content?.kind === 'documents' ? content.documents.length : (content?.items.length ?? rows),
    columns: [...columns],
    prompt: choice?.prompt ?? null,
    answer: choice?.answer ?? null,
    dataset: title,
    isChoice: content?.kind === 'pairs' && content.items.every(({ options }) => options !== null),
    preview,
  };
}
