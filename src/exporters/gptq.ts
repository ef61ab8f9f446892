import { gptqProblem, gptqTensors } from '../formats/gptq-write.ts';
import { safetensorsStream } from '../formats/safetensors-write.ts';
import type { Exporter, FinishedModel } from './exporter.ts';
import {
  adapterFiles,
  configFile,
  floatDtypeOf,
  floatOutputs,
  folderUsage,
  jsonFile,
  readme,
  tokenizerFiles,
} from './folder-files.ts';
import { surveyGrids } from './grids.ts';

/** INT4 weights as a GPTQ checkpoint, version 2. */
export const gptq: Exporter = {
  format: 'gptq',
  title: 'GPTQ v2 INT4',
  readers: 'GPTQModel, vLLM, transformers',
  sizes: 'uniform',
  adapters: 'merged',
  usage: folderUsage,
  async check(model) {
    const refused = refusal(model);
    if (refused) return { refused, notes: [] };
    const { scales, wideScales } = await surveyGrids(model.codes);
    const stored =
      wideScales === 0
        ? 'INT4 scales are stored as F16, which holds every one of them exactly.'
        : `INT4 scales are stored as F16, which rounds ${wideScales} of the ${scales}; compressed-tensors keeps them in F32. Quantizing on the exact grid avoids it.`;
    return { refused: null, notes: [stored, ...readerNotes(model)] };
  },
  async files(model, card) {
    const { symmetric } = await surveyGrids(model.codes);
    const { tensors, quantization } = gptqTensors(model.codes, { symmetric, ignore: floatModules(model) });
    const { quant_method: _, ...older } = quantization;
    return [
      configFile(model, quantization),
      // For AutoGPTQ and older loaders.
      jsonFile('quantize_config.json', older),
      { name: 'model.safetensors', ...safetensorsStream([...floatOutputs(model), ...tensors]) },
      ...tokenizerFiles(model),
      readme(card),
      ...adapterFiles(model),
    ];
  },
};

function refusal({ codes }: FinishedModel): string | null {
  if (codes.length === 0)
    return 'It holds INT4 weights only. Choose a recipe with INT4 (SQFT, QA-SparsePEFT).';
  const problem = codes.map(gptqProblem).find((found) => found !== null);
  if (problem) return `${problem} Choose compressed-tensors, or the weights dequantized (Hugging Face).`;
  if (new Set(codes.map(({ group }) => group)).size > 1)
    return 'GPTQ has one group size for all modules; these differ. Choose compressed-tensors.';
  return null;
}

/** Linear modules of the blocks that are not INT4. */
function floatModules({ structure, codes }: FinishedModel): string[] {
  const int4 = new Set(codes.map(({ module }) => module));
  return structure.modules
    .filter(({ name, role }) => role !== 'head' && !int4.has(name))
    .map(({ name }) => name);
}

function readerNotes(model: FinishedModel): string[] {
  const notes = ['Readers that know GPTQ v1 only (AutoGPTQ) take every zero point for one more than it is.'];
  if (floatModules(model).length > 0)
    notes.push(
      'Some linear modules of the blocks are not INT4 ("dynamic" names them): GPTQModel and vLLM know that.',
    );
  if (floatDtypeOf(model) === 'bf16')
    notes.push('Loaders compute in F16 or BF16; 8 significant bits of BF16 round INT4 weights.');
  return notes;
}
