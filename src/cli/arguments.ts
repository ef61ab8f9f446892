import { parseArgs } from 'node:util';
import { PareError } from '../lib/assert.ts';
import { methods } from '../session/recipe.ts';

const options = {
  ids: { type: 'string' },
  data: { type: 'string' },
  test: { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
  task: { type: 'string' },
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
  device: { type: 'string', default: 'webgpu' },
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

export const helpText = `Usage: npm run -s pare -- COMMAND [--json] [--device webgpu|cpu]

  inspect MODEL                                architecture, parameters, modules, MACs a token
  logits MODEL --ids "1,5,9"                   logits at every position
  eval MODEL --data DATA --task exact|perplexity [--limit N]
  run RECIPE --model MODEL --data DATA --out DIR --seed S
      [--steps N --population N --evaluations N --sparsity 0.5]
      [--test DATA …]                          further sets that are only tested on
      [--set PATH=VALUE …]                     any field of the recipe: --set quantization.group=32
  compare SESSION …                            the results of several runs (.pare) as one table, Markdown or JSON

MODEL   a Hugging Face folder, a safetensors file beside its config.json, or demo
DATA    .jsonl, .json, .csv, .tsv or text, or demo   [--prompt COLUMN --answer COLUMN]
RECIPE  ${methods.join(', ')}, or a recipe file (.json)
`;
