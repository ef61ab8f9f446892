import { costOf, denseModel } from '../evaluation/cost.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { openModel } from '../models/open-model.ts';
import { structureOf } from '../models/structure.ts';
import { architectureOf, loadModel, originalModel } from '../recipes/model.ts';
import { presets } from '../recipes/presets.ts';
import { scoreData } from '../recipes/score-data.ts';
import { numberOf, usage, type Flags } from './arguments.ts';
import type { Devices } from './devices.ts';
import { dataOf, modelFiles } from './inputs.ts';
import { questionOf, taskOf } from './question-input.ts';

/** Gives what is printed: text as it is, anything else as JSON; an `Unsuccessful` one fails after that. */
export type Command = (flags: Flags, subjects: readonly string[], devices: Devices) => Promise<unknown>;

/** From the headers alone: no weights are read, no device is opened. */
export const inspect: Command = async (_flags, [subject]) => {
  const { config, tensors, quantized } = await openModel(await modelFiles(subject));
  const structure = structureOf(config);
  const { macsPerToken, wholeModelParameters } = costOf(structure, denseModel);
  const dtypeOf = (name: string) =>
    quantized.has(name)
      ? 'i4'
      : (tensors.get(`${name}.weight`) ?? tensors.get(`${config.names.embedding}.weight`))!.dtype;
  return {
    architecture: architectureOf(config),
    parameters: wholeModelParameters,
    layers: config.layers,
    modules: structure.modules.map(({ name, shape }) => ({ name, shape, dtype: dtypeOf(name) })),
    macsPerToken,
  };
};

export const logits: Command = async ({ ids }, [subject], devices) => {
  const tokens = (ids ?? '').split(',').map((part) => Number(part.trim() || Number.NaN));
  const model = await loadModel(await devices.open(), await modelFiles(subject));
  const { vocabSize, maxPositions } = model.config;
  if (tokens.some((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize)) {
    throw usage(`--ids must be token ids from 0 to ${vocabSize - 1}, separated by commas.`);
  }
  if (tokens.length > maxPositions)
    throw usage(`--ids has ${tokens.length} tokens; the model takes ${maxPositions}.`);
  const rows = await logitsOf(originalModel(model), tokens);
  return { logits: rows.map((row) => [...row]) };
};

export const evaluate: Command = async (flags, [subject], devices) => {
  if (!flags.task) throw usage('--task is missing.');
  const how = questionOf(flags, presets.lora.recipe(taskOf(flags)));
  const limit = numberOf('limit', flags.limit, { least: 1, most: 1e9, whole: true }) ?? Infinity;
  const data = await dataOf(flags);
  const model = await loadModel(await devices.open(), await modelFiles(subject));
  const { task, value, interval, choice, ...counts } = await scoreData(model, data, { ...how, limit });
  if (task === 'perplexity') return { task, perplexity: value, ...counts };
  return { task, template: how.template, accuracy: value, interval, ...(choice && { choice }), ...counts };
};
