/**
 * LoRA adapters in PEFT's form: adapter_config.json and adapter_model.safetensors, with a rank and a scale a module.
 * PEFT's scale is alpha / rank (rsLoRA: alpha / √rank); `rank_pattern` and `alpha_pattern` override `r` and
 * `lora_alpha` for modules whose name matches a key as a regular expression, from the start or after a dot.
 */
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import { checked, parseJson } from './json.ts';
import { openSafetensors, type TensorEntry, type TensorStore } from './safetensors.ts';
import { type FileSource, readText } from './source.ts';

export interface PeftModule {
  /** As in the base model, without `.weight`: `model.layers.0.self_attn.q_proj`. */
  readonly module: string;
  readonly rank: number;
  readonly alpha: number;
  /** y += scale · B (A x). */
  readonly scale: number;
  /** A is [rank, in], B is [out, rank]. */
  readonly a: TensorEntry;
  readonly b: TensorEntry;
}

export interface PeftAdapter {
  readonly name: string;
  readonly modules: ReadonlyMap<string, PeftModule>;
  readonly config: PeftConfig;
  readonly store: TensorStore;
}

const positive = z.number().gt(0).max(1e6);
const wholeRank = z.number().int().min(1).max(65_536);
const maxPatterns = 4096;
const patternsOf = (value: z.ZodNumber) =>
  z
    .record(z.string().max(512), value)
    .refine((patterns) => Object.keys(patterns).length <= maxPatterns, `more than ${maxPatterns} patterns`);
const configSchema = z.object({
  peft_type: z.string(),
  r: wholeRank,
  lora_alpha: positive,
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  bias: z.string().nullish(),
  init_lora_weights: z.union([z.boolean(), z.string().max(100)]).nullish(),
  alora_invocation_tokens: z.array(z.int()).nullish(),
  rank_pattern: patternsOf(wholeRank).nullish(),
  alpha_pattern: patternsOf(positive).nullish(),
  base_model_name_or_path: z.string().nullish(),
});

export type PeftConfig = z.infer<typeof configSchema>;

const maxConfigBytes = 16 * 2 ** 20;
const tensorName = /^base_model\.model\.(.{1,256})\.lora_([AB])(?:\.[^.]+)?\.weight$/;

/** Opens an adapter. With `base` (the base model's weights by name), modules and shapes are checked against it. */
export async function openPeft(
  configFile: FileSource,
  weights: FileSource | null,
  base?: ReadonlyMap<string, Pick<TensorEntry, 'shape'>>,
): Promise<PeftAdapter> {
  if (!weights) {
    const problem = `${configFile.path} has no adapter_model.safetensors beside it.`;
    throw new PareError(
      'adapter-incomplete',
      problem,
      'Add the file, or open the model without the adapter.',
    );
  }
  const json = parseJson(await readText(configFile, maxConfigBytes), configFile.path);
  const config = checked(configSchema, json, configFile.path, 'Export the adapter again with PEFT.');
  requirePlainLora(config, configFile.path);
  const store = await openSafetensors(weights);
  const modules = pairTensors(store, config, weights.path, configFile.path);
  if (base) for (const module of modules.values()) requireFits(module, base, weights.path);
  return { name: config.base_model_name_or_path ?? weights.path, modules, config, store };
}

/** What is said of an adapter without its model. `file`: its config, or its weights where that is missing too. */
export async function loneAdapter(file: FileSource): Promise<PareError> {
  const json = file.name.endsWith('.json')
    ? parseJson(await readText(file, maxConfigBytes), file.path)
    : null;
  const { data } = z.object({ base_model_name_or_path: z.string().min(1) }).safeParse(json);
  const base = data
    ? `its base model, which it calls ${data.base_model_name_or_path.slice(0, 200)},`
    : 'its base model';
  return new PareError(
    'config-missing',
    `${file.path} is of a PEFT adapter, and ${base} is not with it.`,
    "Drop the adapter together with the model's folder (config.json, model.safetensors and tokenizer.json), zip or GGUF file.",
  );
}

/** The value of the first pattern that matches the module, as PEFT's `get_pattern_key` chooses it. */
export function patternValue(
  patterns: Readonly<Record<string, number>> | null | undefined,
  module: string,
  file: string,
): number | undefined {
  for (const [key, value] of Object.entries(patterns ?? {})) {
    if (compilePattern(key, file).test(module)) return value;
  }
  return undefined;
}

const compiled = new Map<string, RegExp>();

/** Patterns come from a file: those that could take forever (a repeated group, many repeats) are refused. */
function compilePattern(key: string, file: string): RegExp {
  const known = compiled.get(key);
  if (known) return known;
  const repeats = key.match(/[*+{]/g)?.length ?? 0;
  if (repeats > 2 || /\)[*+?{]/.test(key)) throw badPattern(key, file, 'is too intricate');
  try {
    const pattern = new RegExp(`^(?:.*\\.)?(?:${key})$`);
    if (compiled.size > 10_000) compiled.clear();
    compiled.set(key, pattern);
    return pattern;
  } catch {
    throw badPattern(key, file, 'is not a regular expression');
  }
}

function badPattern(key: string, file: string, problem: string): PareError {
  const shown = key.slice(0, 80);
  return new PareError(
    'adapter-unsupported',
    `${file}: the pattern "${shown}" ${problem}.`,
    'Name modules in full, as ^model.layers.0.self_attn.q_proj.',
  );
}

function requirePlainLora(config: PeftConfig, file: string): void {
  const refuse = (field: string, problem: string) => {
    throw new PareError('adapter-unsupported', `${file}: ${field} ${problem}.`, 'Use a plain LoRA adapter.', {
      field,
    });
  };
  if (config.peft_type !== 'LORA')
    refuse('peft_type', `is "${config.peft_type.slice(0, 40)}"; Pare reads LORA`);
  if (config.use_dora) refuse('use_dora', 'is true');
  if ((config.bias ?? 'none') !== 'none') refuse('bias', 'is not "none"');
  if (config.alora_invocation_tokens) refuse('alora_invocation_tokens', 'is set');
  const init = config.init_lora_weights;
  // They take something from the base weights when they begin, and PEFT does so again when it loads them.
  if (typeof init === 'string' && /^(?:pissa|olora|corda|loftq|lora_ga)/i.test(init))
    refuse('init_lora_weights', `is "${init.slice(0, 40)}", which changes the base weights`);
}

function pairTensors(
  store: TensorStore,
  config: PeftConfig,
  file: string,
  configPath: string,
): Map<string, PeftModule> {
  const halves = { A: new Map<string, TensorEntry>(), B: new Map<string, TensorEntry>() };
  for (const entry of store.entries.values()) {
    const [, module, half] = tensorName.exec(entry.name) ?? [];
    if (module === undefined) throw mismatch(file, `${entry.name} is not a LoRA tensor that Pare knows`);
    halves[half as 'A' | 'B'].set(module, entry);
  }
  const modules = new Map<string, PeftModule>();
  for (const module of new Set([...halves.A.keys(), ...halves.B.keys()])) {
    const a = halves.A.get(module);
    const b = halves.B.get(module);
    if (!a || !b) throw mismatch(file, `${module} has only one of lora_A and lora_B`);
    modules.set(module, describe(module, a, b, config, file, configPath));
  }
  return modules;
}

function describe(
  module: string,
  a: TensorEntry,
  b: TensorEntry,
  config: PeftConfig,
  file: string,
  configPath: string,
): PeftModule {
  const rank = patternValue(config.rank_pattern, module, configPath) ?? config.r;
  const alpha = patternValue(config.alpha_pattern, module, configPath) ?? config.lora_alpha;
  if (a.shape.length !== 2 || b.shape.length !== 2 || a.shape[0] !== rank || b.shape[1] !== rank) {
    const shapes = `lora_A [${a.shape.join(', ')}] and lora_B [${b.shape.join(', ')}]`;
    throw mismatch(file, `${module} has ${shapes}, but ${configPath} gives it rank ${rank}`);
  }
  return { module, rank, alpha, scale: alpha / (config.use_rslora ? Math.sqrt(rank) : rank), a, b };
}

function requireFits(
  { module, a, b }: PeftModule,
  base: ReadonlyMap<string, Pick<TensorEntry, 'shape'>>,
  file: string,
): void {
  const weight = base.get(`${module}.weight`);
  if (!weight) throw mismatch(file, `the base model has no module ${module}`);
  const [out, inputs] = weight.shape;
  if (weight.shape.length === 2 && a.shape[1] === inputs && b.shape[0] === out) return;
  throw mismatch(
    file,
    `${module} is [${b.shape[0]}, ${a.shape[1]}], but the base model's is [${weight.shape.join(', ')}]`,
  );
}

function mismatch(file: string, problem: string): PareError {
  return new PareError(
    'adapter-mismatch',
    `${file}: ${problem}.`,
    'Check that the adapter belongs to this model.',
  );
}
