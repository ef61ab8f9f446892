import type { FinishedCodes as Codes, FinishedTensor } from '../compression/merging/materialize.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import type { SizedStream } from '../formats/safetensors-write.ts';
import type { ModelStructure } from '../models/structure.ts';

/** The forms in which a finished model can be saved. */
export const exportFormats = ['hf', 'peft', 'gptq', 'compressed-tensors', 'onnx', 'gguf'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportFile extends SizedStream {
  /** Path inside the exported folder, with forward slashes. */
  readonly name: string;
}

/** An INT4 module as it ships: Ŵ = δ · (q − z). */
export interface FinishedCodes extends Codes {
  /** Consecutive inputs that share δ and z; null: the whole row. */
  readonly group: number | null;
  /** Every zero point is 8. */
  readonly symmetric: boolean;
}

/** An adapter that stays beside the weights: y += scale · B (A x). */
export interface FinishedAdapter {
  /** As in the finished model. */
  readonly module: string;
  /** At least 1. */
  readonly rank: number;
  readonly scale: number;
  readonly inputs: number;
  readonly outputs: number;
  /** A, [rank, inputs]. */
  a(): Promise<Float32Array<ArrayBuffer>>;
  /** B, [outputs, rank]. */
  b(): Promise<Float32Array<ArrayBuffer>>;
}

export interface FinishedBase {
  /** Of the model that was opened. */
  readonly name: string;
  /** Its weights are as they were opened: nothing was pruned, quantized, cut, put into another order or merged. */
  readonly isOriginal: boolean;
  /** Whether other formats hold those weights without the adapters in them. */
  readonly isExported: boolean;
}

/** A finished model as every exporter sees it. Nothing of its weights is read before it is asked for. */
export interface FinishedModel {
  /** Of the folder. */
  readonly name: string;
  /** With the sizes that are left (of the largest block, where they differ); `raw` is its config.json. */
  readonly config: ModelConfig;
  /** The modules as they are in `tensors` and `codes`, of every block that is left. */
  readonly structure: ModelStructure;
  /** Floats by canonical name; linear weights are [out, in] whatever the file's own layout. */
  readonly tensors: readonly FinishedTensor[];
  /** The modules that are INT4; none of them has a `<module>.weight` among `tensors`. */
  readonly codes: readonly FinishedCodes[];
  /** What could not be merged without loss; empty where the weights are all there is. */
  readonly adapters: readonly FinishedAdapter[];
  /** What the adapters belong on. */
  readonly base: FinishedBase;
  /** `undefined` or null: the model has none. */
  readonly tokenizerJson: unknown;
  readonly tokenizerConfig: Readonly<Record<string, unknown>> | null;
  readonly generationConfig: Readonly<Record<string, unknown>> | null;
}

/** Said before the download. */
export interface ExportCheck {
  /** Why this model cannot be written in this format, and what to do instead; null: it can. */
  readonly refused: string | null;
  /** What is not exact, and what it costs. */
  readonly notes: readonly string[];
}

/** Writes finished models in one format. */
export interface Exporter {
  readonly format: ExportFormat;
  /** As the user chooses it: `GGUF`. */
  readonly title: string;
  /** What reads it: `llama.cpp, Ollama`. */
  readonly readers: string;
  /** `uniform`: readers know one size for all blocks, so smaller ones come padded with zeros to the largest. */
  readonly sizes: 'uniform' | 'by-layer';
  /** `merged`: into the weights, wherever that loses nothing. `apart`: none that was not merged inside the training. */
  readonly adapters: 'merged' | 'apart';
  check(model: FinishedModel): Promise<ExportCheck>;
  /** How to load it, for the model card; Markdown. */
  readonly usage?: (model: FinishedModel) => string;
  /** The files of the folder. `card`: the text of its README.md. Only for a model that `check` does not refuse. */
  files(model: FinishedModel, card: string): Promise<ExportFile[]>;
}
