import { ropeTensor } from '../formats/gguf-config.ts';
import { int4Group, fitsQ4_1, packQ4_1 } from '../formats/ggml-int4.ts';
import type { GgmlType } from '../formats/ggml-types.ts';
import { ggufPlaces, type GgufPlace } from '../formats/gguf-names.ts';
import { tokenizerMetadata } from '../formats/gguf-tokenizer-write.ts';
import { ggufStream, type GgufOutput, type GgufTyped } from '../formats/gguf-write.ts';
import { dequantized } from '../compression/quantization/dequantize.ts';
import { assert, PareError } from '../lib/assert.ts';
import { encodeF16, f16ToF32, f32ToF16, fromFloat32, toFloat32, type FloatDtype } from '../lib/half.ts';
import type { Exporter, FinishedCodes, FinishedModel } from './exporter.ts';
import { readme } from './folder-files.ts';
import { loraFile, whyNoLora } from './gguf-lora.ts';
import { deviations, divisorsOf, modelMetadata, targetOf, whyNot } from './gguf-metadata.ts';

/** One file for llama.cpp: floats in the dtype they have, INT4 as Q4_1, the tokenizer inside; adapters in a second one. */
export const gguf: Exporter = {
  format: 'gguf',
  title: 'GGUF',
  readers: 'llama.cpp, Ollama, LM Studio',
  sizes: 'uniform',
  adapters: 'merged',
  usage,
  async check(model) {
    const refused = whyNot(model.config) ?? whyNoLora(model);
    if (refused) return { refused, notes: [] };
    const notes = tokenizerNotes(model);
    if (notes instanceof PareError) return { refused: `${notes.message} ${notes.remedy}`, notes: [] };
    return { refused: null, notes: [...deviations(model.config), ...(await int4Notes(model)), ...notes] };
  },
  async files(model, card) {
    const name = fileName(model);
    return [
      { name, ...ggufStream(await metadataOf(model), await outputsOf(model)) },
      readme(card),
      ...loraFile(model),
    ];
  },
};

const fileName = ({ name }: FinishedModel) => `${name.replaceAll(/[^\w.-]+/g, '-') || 'model'}.gguf`;

function usage(model: FinishedModel): string {
  const lora = model.adapters.length > 0 ? ' --lora adapter.gguf' : '';
  return `Run it with llama.cpp: \`llama-cli -m ${fileName(model)}${lora}\`.`;
}

const tokenizerOf = ({ tokenizerJson, tokenizerConfig, config }: FinishedModel) =>
  tokenizerMetadata(tokenizerJson, tokenizerConfig, config);

/** Or why the tokenizer cannot be read. */
function tokenizerNotes(model: FinishedModel): readonly string[] | PareError {
  try {
    return tokenizerOf(model).notes;
  } catch (error) {
    if (error instanceof PareError) return error;
    throw error;
  }
}

/** How an INT4 module is written. `exact`: its weights are the same numbers in that type. */
interface Int4Form {
  readonly type: 'Q4_1' | 'F16';
  readonly exact: boolean;
}

async function int4Form({ shape, group, grid }: FinishedCodes): Promise<Int4Form> {
  const pairs = await grid();
  const blocks = shape[1] % int4Group === 0 && (group === null || group % int4Group === 0);
  if (blocks && fitsQ4_1(pairs)) return { type: 'Q4_1', exact: true };
  return { type: 'F16', exact: multiplesFitF16(pairs) };
}

function multiplesFitF16(pairs: Float32Array): boolean {
  for (let at = 0; at < pairs.length; at += 2) {
    for (let factor = 1; factor <= 15; factor++) {
      const multiple = Math.fround(pairs[at]! * factor);
      if (f16ToF32(f32ToF16(multiple)) !== multiple) return false;
    }
  }
  return true;
}

async function int4Notes({ codes }: FinishedModel): Promise<string[]> {
  const forms = await Promise.all(codes.map(int4Form));
  const wide = forms.filter(({ type }) => type === 'F16').length;
  const rounded = forms.filter(({ exact }) => !exact).length;
  if (wide === 0) return [];
  const why =
    rounded > 0
      ? 'Q4_1 does not hold their grid exactly (choose the exact grid to keep them INT4)'
      : `32 does not divide their inputs or their groups, and Q4_1 has blocks of 32`;
  const exactness =
    rounded > 0 ? `, ${rounded} of them rounded to half precision` : ', which holds the same numbers';
  return [`${wide} of the ${codes.length} INT4 modules are written as F16${exactness}: ${why}.`];
}

async function metadataOf(model: FinishedModel): Promise<Map<string, GgufTyped>> {
  const { config, codes, tensors } = model;
  const forms = await Promise.all(codes.map(int4Form));
  const isQuantized = forms.some(({ type }) => type === 'Q4_1');
  const embedding = tensors.find(({ name }) => name === `${config.names.embedding}.weight`);
  // llama.cpp's LLAMA_FTYPE: what most of the file is.
  const fileTypes: Record<FloatDtype, number> = { f32: 0, f16: 1, bf16: 32 };
  const fileType = isQuantized ? 3 : fileTypes[embedding?.dtype ?? 'f32'];
  const general: [string, GgufTyped][] = [
    ['general.file_type', { u32: fileType }],
    ...(isQuantized ? ([['general.quantization_version', { u32: 2 }]] as [string, GgufTyped][]) : []),
  ];
  return new Map([...modelMetadata(model.name, config), ...general, ...tokenizerOf(model).fields]);
}

/** The tensors in the order of the forward pass. */
async function outputsOf({ config, tensors, codes }: FinishedModel): Promise<GgufOutput[]> {
  const floats = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const int4 = new Map(codes.map((module) => [`${module.module}.weight`, module]));
  const outputs: GgufOutput[] = [];
  for (const [name, place] of ggufPlaces(config, targetOf(config)!.name)) {
    const packed = int4.get(name);
    if (packed) outputs.push(int4Output(packed, place, await int4Form(packed)));
    else {
      const tensor = floats.get(name);
      assert(tensor, `the finished model has no ${name}`);
      outputs.push(floatOutput(tensor, place));
    }
  }
  const divisors = divisorsOf(config);
  if (divisors) {
    const bytes = () => Promise.resolve(new Uint8Array(divisors.buffer));
    outputs.push({ name: ropeTensor, type: 'F32', shape: [divisors.length], bytes });
  }
  return outputs;
}

const ggmlFloats: Record<FloatDtype, GgmlType> = { f32: 'F32', f16: 'F16', bf16: 'BF16' };

/** llama.cpp adds vectors and the table of positions in float32 only. */
function floatOutput(
  { dtype, shape, bytes }: FinishedModel['tensors'][number],
  { name, order, offset }: GgufPlace,
): GgufOutput {
  const wide = shape.length === 1 || name === 'position_embd.weight';
  const type = wide ? 'F32' : ggmlFloats[dtype];
  return {
    name,
    type,
    shape,
    bytes: async () => {
      const own = await bytes();
      const stored = wide ? fromFloat32(plus(toFloat32(own, dtype), offset), 'f32') : own;
      return order ? reordered(stored, shape[0]!, (row) => order.toModel(row)) : stored;
    },
  };
}

const plus = (values: Float32Array<ArrayBuffer>, offset: number) =>
  offset === 0 ? values : values.map((value) => value + offset);

/** Rows as the file has them; `from` gives the model's row. */
function reordered(bytes: Uint8Array<ArrayBuffer>, rows: number, from: (row: number) => number) {
  const width = bytes.byteLength / rows;
  const out = new Uint8Array(bytes.byteLength);
  for (let row = 0; row < rows; row++)
    out.set(bytes.subarray(from(row) * width, (from(row) + 1) * width), row * width);
  return out;
}

function int4Output(module: FinishedCodes, { name, order }: GgufPlace, { type }: Int4Form): GgufOutput {
  const { shape, group, groups } = module;
  const toModel = (row: number) => order?.toModel(row) ?? row;
  return {
    name,
    type,
    shape,
    bytes: async () => {
      const [codes, grid] = [await module.codes(), await module.grid()];
      if (type === 'Q4_1') return packQ4_1({ shape, group, groups, codes, grid }, toModel);
      const words = new Uint32Array(codes.buffer, codes.byteOffset, codes.byteLength / 4);
      const halves = encodeF16(dequantized({ shape, groups, words, grid }));
      return reordered(new Uint8Array(halves.buffer), shape[0], toModel);
    },
  };
}
