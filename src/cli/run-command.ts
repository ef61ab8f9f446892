import { loadModel } from '../recipes/model.ts';
import { usage } from './arguments.ts';
import type { Command } from './commands.ts';
import { exportRun, runInFolder } from './folder-run.ts';
import { dataOf, modelFiles, testsOf } from './inputs.ts';
import { recipeOf } from './recipe-input.ts';
import { runOutcome } from './run-summary.ts';

export const run: Command = async (flags, [subject], devices) => {
  const { out } = flags;
  if (!out) throw usage('--out is missing.');
  const recipe = await recipeOf(subject, flags);
  const data = await dataOf(flags);
  const tests = await testsOf(flags);
  const files = await modelFiles(flags.model);
  const model = await loadModel(await devices.open(), files);
  const done = await runInFolder({ flags, devices, files, out, recipe, model, data, tests });
  await exportRun(done);
  return runOutcome(done.log, out, flags);
};
