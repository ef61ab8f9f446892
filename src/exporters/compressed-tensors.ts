import { compressedTensors } from '../formats/compressed-tensors-write.ts';
import { safetensorsStream } from '../formats/safetensors-write.ts';
import { PareError } from '../lib/assert.ts';
import type { Exporter, FinishedModel } from './exporter.ts';
import {
  adapterFiles,
  configFile,
  floatDtypeOf,
  floatOutputs,
  folderUsage,
  readme,
  tokenizerFiles,
} from './folder-files.ts';

/** INT4 weights in compressed-tensors' `pack-quantized` form. */
export const compressed: Exporter = {
  format: 'compressed-tensors',
  title: 'compressed-tensors INT4',
  readers: 'vLLM, transformers',
  sizes: 'uniform',
  adapters: 'merged',
  usage: folderUsage,
  async check(model) {
    const refused = refusal(model);
    if (refused) return { refused, notes: [] };
    try {
      return { refused: null, notes: (await packed(model)).notes };
    } catch (error) {
      if (!(error instanceof PareError) || error.code !== 'group-indivisible') throw error;
      return { refused: `${error.message} ${error.remedy}`, notes: [] };
    }
  },
  async files(model, card) {
    const { tensors, quantization } = await packed(model);
    return [
      configFile(model, quantization),
      { name: 'model.safetensors', ...safetensorsStream([...floatOutputs(model), ...tensors]) },
      ...tokenizerFiles(model),
      readme(card),
      ...adapterFiles(model),
    ];
  },
};

function refusal({ codes, config }: FinishedModel): string | null {
  if (codes.length === 0)
    return 'It holds INT4 weights only. Choose a recipe with INT4 (SQFT, QA-SparsePEFT).';
  if (config.decoder.transposed)
    return 'Its loaders quantize Linear modules; this architecture has Conv1D. Choose GPTQ or ONNX.';
  return null;
}

function packed(model: FinishedModel) {
  // Loaders go by the modules of the model, of which a tied head is one as well.
  const int4 = new Set(model.codes.map(({ module }) => module));
  const ignore = model.structure.modules.map(({ name }) => name).filter((name) => !int4.has(name));
  return compressedTensors(model.codes, { ignore, dtype: floatDtypeOf(model) });
}
