import { nbitsOf } from '../../formats/onnx-nbits.ts';
import { onnxFiles, type OnnxLayout } from '../../formats/onnx-write.ts';
import type { ExportCheck, Exporter, ExportFile, FinishedModel } from '../exporter.ts';
import { jsonFile, readme, tokenizerFiles } from '../folder-files.ts';
import { tabledPositions } from './attention.ts';
import { decoderModel } from './decoder.ts';

/**
 * The folder that transformers.js loads: tokenizer and config.json beside `onnx/model.onnx`, or `onnx/model_q4.onnx` with
 * INT4 modules, which is what its `dtype: 'q4'` asks for.
 */
export const onnx: Exporter = {
  format: 'onnx',
  title: 'ONNX',
  readers: 'ONNX Runtime, transformers.js',
  sizes: 'by-layer',
  adapters: 'merged',
  check: (model) => Promise.resolve(check(model)),
  files: (model, card) => Promise.resolve(folderOf(model, card)),
};

function check(model: FinishedModel): ExportCheck {
  const unfit = model.codes.find(({ group, shape }) => !nbitsOf(group, shape[1]));
  const refused = unfit
    ? `${unfit.module} is INT4 in groups of ${unfit.group}; MatMulNBits knows groups of 16 and its multiples. Quantize in groups of 32, 64 or 128, or export as compressed-tensors.`
    : null;
  return { refused, notes: notesOf(model) };
}

function notesOf(model: FinishedModel): string[] {
  const { tensors, codes, adapters, tokenizerJson, config } = model;
  const notes = ['Weights are exact; ONNX Runtime computes in float32.'];
  if (tensors.some(({ dtype }) => dtype === 'bf16'))
    notes.push('BF16 weights are stored as F32, which holds them exactly in twice the bytes.');
  if (codes.length > 0)
    notes.push('INT4 modules are MatMulNBits (com.microsoft) with the same codes, scales and zero points.');
  if (adapters.length > 0)
    notes.push(`${adapters.length} adapters stay beside their modules, as two more matrix products each.`);
  if (tokenizerJson === null || tokenizerJson === undefined)
    notes.push('There is no tokenizer.json: transformers.js runs the model on token ids only.');
  if (hasUnevenHeads(model))
    notes.push('Blocks keep different numbers of key heads: transformers.js loads that from version 4 on.');
  if (config.decoder.positions.kind === 'rotary') notes.push(positionsNote(config));
  return notes;
}

function positionsNote(config: FinishedModel['config']): string {
  const { maxPositions } = config;
  const positions = tabledPositions(config);
  const note = `Positions up to ${positions} are in the file, as tables of cosines and sines`;
  return positions < maxPositions
    ? `${note}: of the model's ${maxPositions}, longer texts cannot be run.`
    : `${note}.`;
}

/** Whether the shape of the cache differs by block. */
function hasUnevenHeads({ structure }: FinishedModel): boolean {
  const keys = structure.modules.filter(({ role }) => role === 'k').map(({ shape: [rows] }) => rows);
  return new Set(keys).size > 1;
}

/** `layout`: where weights are put; tests make it small. */
export function folderOf(model: FinishedModel, card: string, layout?: OnnxLayout): ExportFile[] {
  const int4 = model.codes.length > 0;
  const name = int4 ? 'model_q4.onnx' : 'model.onnx';
  const weights = onnxFiles(decoderModel(model), `onnx/${name}`, layout);
  const chunks = weights.length - 1;
  const config = {
    ...model.config.raw,
    'transformers.js_config': {
      dtype: int4 ? 'q4' : 'fp32',
      ...(chunks > 0 ? { use_external_data_format: { [name]: chunks } } : {}),
    },
  };
  return [jsonFile('config.json', config), ...weights, ...tokenizerFiles(withSettings(model)), readme(card)];
}

/** transformers.js asks for a tokenizer_config.json beside every tokenizer.json. */
function withSettings(model: FinishedModel): FinishedModel {
  const missing = Boolean(model.tokenizerJson) && model.tokenizerConfig === null;
  return missing ? { ...model, tokenizerConfig: { tokenizer_class: 'PreTrainedTokenizerFast' } } : model;
}
