import type { Exporter, FinishedModel } from './exporter.ts';
import { adapterIn, readme, tokenizerFiles } from './folder-files.ts';

/** The adapters alone, for PEFT on the model that they were trained on. */
export const peft: Exporter = {
  format: 'peft',
  title: 'PEFT adapter',
  readers: 'PEFT, on top of the base model',
  sizes: 'uniform',
  adapters: 'apart',
  usage: ({ base }) =>
    `Load ${base.isOriginal ? base.name : 'the base of the same run'}, and this folder on top of it (PEFT, \`PeftModel.from_pretrained\`).`,
  check(model) {
    return Promise.resolve({ refused: refusal(model), notes: notesOf(model) });
  },
  files(model, card) {
    return Promise.resolve([...adapterIn(model, model.base.name), ...tokenizerFiles(model), readme(card)]);
  },
};

function refusal({ adapters, structure, base }: FinishedModel): string | null {
  if (adapters.length === 0)
    return 'The adapters were merged inside the training, under the mask or on the INT4 grid: that update has no low rank, and no adapter file can hold it. Choose the merged model.';
  if (!base.isOriginal && !base.isExported)
    return `Its adapters belong on what this run made of ${base.name} (cut, or with channels in another order), which no file holds without them: every other format has them merged. Choose the merged model.`;
  const { embedding, head } = structure.outer;
  const outer = adapters.find(({ module }) => module === embedding || module === head);
  if (outer)
    return `There is an adapter on ${outer.module}; PEFT would keep embedding and head apart where the model ties them. Choose the merged model.`;
  return null;
}

function notesOf({ base, codes }: FinishedModel): string[] {
  if (base.isOriginal) return [`It belongs on ${base.name}, as it was opened.`];
  return [
    `It is exact only on the base that this run made of ${base.name} (pruned or quantized), which is not in this file: save that once as ${codes.length > 0 ? 'compressed-tensors or GPTQ' : 'Hugging Face'}. Adapters of other points of the same run fit it too, where ranks alone differ.`,
  ];
}
