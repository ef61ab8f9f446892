import { dequantized } from '../compression/quantization/dequantize.ts';
import { safetensorsStream, type TensorOutput } from '../formats/safetensors-write.ts';
import type { SafetensorsDtype } from '../formats/safetensors.ts';
import { fromFloat32, type FloatDtype } from '../lib/half.ts';
import type { Exporter, FinishedCodes, FinishedModel } from './exporter.ts';
import {
  adapterFiles,
  configFile,
  floatDtypeOf,
  floatOutputs,
  folderUsage,
  isTurned,
  readme,
  tokenizerFiles,
  turned,
} from './folder-files.ts';
import { inexactShare } from './grids.ts';

/** A Hugging Face folder with float weights; INT4 modules are dequantized, and adapters that stay go beside it. */
export const huggingFace: Exporter = {
  format: 'hf',
  title: 'Hugging Face',
  readers: 'transformers, vLLM',
  sizes: 'uniform',
  adapters: 'merged',
  usage: folderUsage,
  async check(model) {
    if (model.codes.length === 0) return { refused: null, notes: [] };
    const dtype = floatDtypeOf(model);
    const share = await inexactShare(model.codes, dtype);
    const exactness =
      share === 0
        ? 'which holds every one of them exactly'
        : `which rounds those of ${percent(share)} of the scales (zeros stay zero); compressed-tensors and GPTQ keep them exact`;
    const times = dtype === 'f32' ? 'eight' : 'four';
    return {
      refused: null,
      notes: [
        `INT4 weights are dequantized to ${dtype.toUpperCase()}, ${exactness}. The file is about ${times} times as large as with INT4.`,
      ],
    };
  },
  files(model, card) {
    const dtype = floatDtypeOf(model);
    const weights = [...floatOutputs(model), ...model.codes.map((codes) => floatsOf(model, codes, dtype))];
    return Promise.resolve([
      configFile(model),
      { name: 'model.safetensors', ...safetensorsStream(weights) },
      ...tokenizerFiles(model),
      readme(card),
      ...adapterFiles(model),
    ]);
  },
};

function percent(share: number): string {
  return share < 0.01 ? 'under 1 %' : `${Math.round(100 * share)} %`;
}

function floatsOf(
  { config }: FinishedModel,
  { module, shape, groups, codes, grid }: FinishedCodes,
  dtype: FloatDtype,
): TensorOutput {
  const name = `${module}.weight`;
  const [rows, columns] = shape;
  const values = async () => {
    const bytes = await codes();
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    return fromFloat32(dequantized({ shape, groups, words, grid: await grid() }), dtype);
  };
  const turn = isTurned(config, name);
  return {
    name,
    dtype: dtype.toUpperCase() as SafetensorsDtype,
    shape: turn ? [columns, rows] : [rows, columns],
    bytes: async () => (turn ? turned(await values(), rows, columns, dtype) : values()),
  };
}
