import { parseArgs } from 'node:util';
import { exportFormats } from '../exporters/exporter.ts';
import { PareError } from '../lib/assert.ts';
import { templates } from '../datasets/template.ts';
import { methods, tasks } from '../session/recipe.ts';

const options = {
  base: { type: 'string' },
  'checkpoint-every': { type: 'string' },
  ids: { type: 'string' },
  data: { type: 'string' },
  test: { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
  task: { type: 'string' },
  template: { type: 'string' },
  beams: { type: 'string' },
  'answer-tokens': { type: 'string' },
  choice: { type: 'string' },
  limit: { type: 'string' },
  model: { type: 'string' },
  out: { type: 'string' },
  seed: { type: 'string' },
  steps: { type: 'string' },
  population: { type: 'string' },
  evaluations: { type: 'string' },
  sparsity: { type: 'string' },
  prompt: { type: 'string' },
  answer: { type: 'string' },
  format: { type: 'string' },
  genome: { type: 'string' },
  device: { type: 'string', default: 'auto' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export type Flags = ReturnType<typeof readArguments>['flags'];

export function readArguments(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const [command, ...subjects] = positionals;
    return { flags: values, command, subjects };
  } catch (error) {
    throw usage((error as Error).message);
  }
}

export function usage(problem: string): PareError {
  return new PareError('usage', problem, 'npm run -s pare -- --help lists the commands.');
}

/** A number given by a flag, within bounds. */
export function numberOf(
  flag: string,
  text: string | undefined,
  { least, most, whole }: { least: number; most: number; whole: boolean },
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const fits =
    text.trim() !== '' &&
    Number.isFinite(value) &&
    value >= least &&
    value <= most &&
    (!whole || Number.isInteger(value));
  if (!fits)
    throw usage(
      `--${flag} is ${text}; it must be ${whole ? 'a whole number' : 'a number'} from ${least} to ${most}.`,
    );
  return value;
}

export const helpText = `Usage: npm run -s pare -- COMMAND [--json] [--device auto|webgpu|cpu]

  inspect MODEL                                architecture, parameters, modules, MACs a token
  logits MODEL --ids "1,5,9"                   logits at every position
  eval MODEL --data DATA --task TASK [--limit N]
                                               how well the model does as it is, on all of the data
  run RECIPE --model MODEL --data DATA --out DIR --seed S
      [--steps N --population N --evaluations N --sparsity 0.5]
      [--task TASK --template TEMPLATE]        what is asked, and how it is scored
      [--test DATA …]                          further sets that are only tested on
      [--set PATH=VALUE …]                     any field of the recipe: --set quantization.group=32
      [--checkpoint-every SECONDS]             how often DIR/session.pare is written at most (default 2; 0: always)
  continue FILE|DIR --model MODEL --data DATA [--test DATA …] [--out DIR] [--checkpoint-every SECONDS]
                                               goes on with a run that was interrupted; exports one that has ended again
  export FILE|DIR --model MODEL --out DIR [--format FORMAT] [--genome 0,1,…] [--data DATA]
                                               writes the chosen sub-network of a run that has ended, or another one;
                                               without DATA the files are proved on random tokens
  verify FILE|DIR --model MODEL --data DATA    scores the front again, with the adapters in the file
  reproduce SESSION --model MODEL --data DATA [--out DIR]
                                               runs the recipe again from its seed, and compares
  compare SESSION …                            the results of several runs as one table, Markdown or JSON
  link SESSION [--base URL]                    the share link
  report SESSION --out FILE.html               charts, tables, recipe and environment as one HTML file

MODEL   a Hugging Face folder, a safetensors file beside its config.json, a GGUF file,
        owner/name[@revision][:file] on the hub, or demo
DATA    .jsonl, .json, .csv, .tsv, .parquet or text, owner/name[:file] on the hub, or demo
        [--prompt COLUMN --answer COLUMN]
TASK    ${tasks.join(', ')}   [--template TEMPLATE --choice plain|length --beams N --answer-tokens N]
TEMPLATE ${templates.join(', ')}
FORMAT  ${exportFormats.join(', ')}; without it, what the method ships as
RECIPE  ${methods.join(', ')}, or a recipe file (.json)
FILE    a session file (.pare); DIR: the folder of a run, for the session.pare in it
SESSION FILE, DIR, a share link (#s1.…), a text file that holds one, or - for standard input

Exit status: 0; 1 where something failed, or verify and reproduce found a difference; 2 for wrong usage.
What is printed, and what is written where: docs/headless.md.
`;
