import type { FloatDtype } from '../lib/half.ts';
import { peftFiles } from '../formats/peft-write.ts';
import { textStream, type TensorOutput } from '../formats/safetensors-write.ts';
import type { SafetensorsDtype } from '../formats/safetensors.ts';
import { moduleOf, roleOf } from '../models/structure.ts';
import type { ExportFile, FinishedModel } from './exporter.ts';

export function jsonFile(name: string, value: unknown): ExportFile {
  return { name, ...textStream(`${JSON.stringify(value, null, 2)}\n`) };
}

export const readme = (card: string): ExportFile => ({ name: 'README.md', ...textStream(card) });

/** Tokenizer and generation settings, where the model has any. */
export function tokenizerFiles({
  tokenizerJson,
  tokenizerConfig,
  generationConfig,
}: FinishedModel): ExportFile[] {
  const parts: [string, unknown][] = [
    ['tokenizer.json', tokenizerJson],
    ['tokenizer_config.json', tokenizerConfig],
    ['generation_config.json', generationConfig],
  ];
  return parts
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => jsonFile(name, value));
}

/** config.json; `quantization`: what it says of how the weights are held. */
export function configFile(
  { config }: FinishedModel,
  quantization: Readonly<Record<string, unknown>> | null = null,
): ExportFile {
  const stated = quantization ? { quantization_config: quantization } : {};
  return jsonFile('config.json', { ...config.raw, ...stated });
}

/** The float tensors in the layout of the architecture's own files. */
export function floatOutputs({ tensors, config }: FinishedModel): TensorOutput[] {
  return tensors.map(({ name, dtype, shape, bytes }) => {
    const stored = dtype.toUpperCase() as SafetensorsDtype;
    if (!isTurned(config, name)) return { name, dtype: stored, shape, bytes };
    const [rows, columns] = shape as [number, number];
    return {
      name,
      dtype: stored,
      shape: [columns, rows],
      bytes: async () => turned(await bytes(), rows, columns, dtype),
    };
  });
}

/** Whether the architecture's files hold a weight as [in, out]. */
export function isTurned(config: FinishedModel['config'], name: string): boolean {
  const role = name.endsWith('.weight') ? roleOf(config, moduleOf(name)) : undefined;
  return config.decoder.transposed && role !== undefined && role !== 'head';
}

/** [rows, columns] → [columns, rows]. */
export function turned(
  bytes: Uint8Array<ArrayBuffer>,
  rows: number,
  columns: number,
  dtype: FloatDtype,
): Uint8Array<ArrayBuffer> {
  const Elements = dtype === 'f32' ? Uint32Array : Uint16Array;
  const from = new Elements(bytes.slice().buffer);
  const to = new Elements(from.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) to[column * rows + row] = from[row * columns + column]!;
  return new Uint8Array(to.buffer);
}

/** What the floats of a model ship as. */
export function floatDtypeOf({ tensors, config }: FinishedModel): FloatDtype {
  const norm = tensors.find(({ name }) => name === `${config.names.finalNorm}.weight`);
  return norm?.dtype ?? 'f32';
}

export const adapterFolder = 'adapter';

/** How transformers load the folder. */
export function folderUsage({ adapters }: FinishedModel): string {
  return adapters.length === 0
    ? 'Load the folder with `AutoModelForCausalLM.from_pretrained`.'
    : 'Load the base from this folder (`AutoModelForCausalLM.from_pretrained`) and the adapter from `adapter/` (PEFT, `PeftModel.from_pretrained`).';
}

/** The adapters that stay beside the weights, in PEFT's form, in a folder of their own; nothing where there are none. */
export function adapterFiles(model: FinishedModel): ExportFile[] {
  if (model.adapters.length === 0) return [];
  return adapterIn(model, '../').map((file) => ({ ...file, name: `${adapterFolder}/${file.name}` }));
}

/** The adapters in PEFT's form; `base`: name or path of the model that they belong to. */
export function adapterIn({ adapters, config }: FinishedModel, base: string): ExportFile[] {
  const outputs = adapters.map((adapter) => ({
    ...adapter,
    a: async () => bytesOf(await adapter.a()),
    b: async () => bytesOf(await adapter.b()),
  }));
  return peftFiles(outputs, { base, dtype: 'F32', transposed: config.decoder.transposed });
}

const bytesOf = (values: Float32Array<ArrayBuffer>) => new Uint8Array(values.buffer);
