/**
 * `quantization_config` of a config.json: only INT4 weights in compressed-tensors' `pack-quantized` form are read
 * (vllm-project/compressed-tensors, `quantization/quant_config.py` and `quant_args.py`). What else is found there is
 * refused by the name of its field, with a way out.
 */
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import { checked } from './json.ts';

/** One way in which modules of the file are quantized. */
export interface Int4Scheme {
  /** Every zero point is 8 and none is stored. */
  readonly symmetric: boolean;
  /** Consecutive inputs that share a scale; null: all inputs of an output row (`channel`). */
  readonly group: number | null;
}

export const quantizationField = 'quantization_config';

const fromFloats =
  'Open the float model that it was made from: Pare quantizes it itself. Or dequantize it with the library that wrote ' +
  `it, save the weights as safetensors, and take ${quantizationField} out of config.json.`;
const oneForm =
  'Quantize the float model again with llm-compressor (pack-quantized, 4-bit integer weights, groups of a power of two), or open the float model itself.';

const argumentsSchema = z.object({
  num_bits: z.int(),
  type: z.string().default('int'),
  symmetric: z.boolean().default(true),
  strategy: z.string().nullish(),
  group_size: z.int().nullish(),
  dynamic: z.union([z.boolean(), z.string()]).nullish(),
  actorder: z.union([z.boolean(), z.string()]).nullish(),
});

const groupSchema = z.object({
  targets: z.array(z.string()),
  weights: argumentsSchema,
  input_activations: z.unknown().optional(),
  output_activations: z.unknown().optional(),
  format: z.string().nullish(),
});

const configSchema = z.object({
  [quantizationField]: z.object({
    format: z.string(),
    config_groups: z.record(z.string(), groupSchema),
    kv_cache_scheme: z.unknown().optional(),
    sparsity_config: z.record(z.string(), z.unknown()).nullish(),
    transform_config: z.record(z.string(), z.unknown()).nullish(),
  }),
});

type Arguments = z.infer<typeof argumentsSchema>;
type Group = z.infer<typeof groupSchema>;
type Config = z.infer<typeof configSchema>[typeof quantizationField];

/** The schemes that a config.json (`file` names it in errors) allows, each once; null where it quantizes nothing. */
export function parseQuantization(json: unknown, file: string): Int4Scheme[] | null {
  const stated = z.record(z.string(), z.unknown()).safeParse(json).data?.[quantizationField];
  if (stated === undefined || stated === null) return null;
  requireMethod(stated, file);
  const { [quantizationField]: config } = checked(
    configSchema,
    { [quantizationField]: stated },
    file,
    fromFloats,
  );
  requireIntegerWeights(config, file);
  const schemes = new Map<string, Int4Scheme>();
  for (const [name, group] of Object.entries(config.config_groups)) {
    const scheme = schemeOf(group, `config_groups.${name.slice(0, 60)}`, file);
    schemes.set(JSON.stringify(scheme), scheme);
  }
  return [...schemes.values()];
}

/** GPTQ, AWQ, bitsandbytes and others are told apart by `quant_method`. */
function requireMethod(stated: unknown, file: string): void {
  const method = z.object({ quant_method: z.string() }).safeParse(stated).data?.quant_method;
  if (method === 'compressed-tensors') return;
  const found = method === undefined ? 'is missing' : `is ${shown(method)}`;
  throw refusal(file, 'quant_method', `${found}; Pare reads "compressed-tensors"`, fromFloats);
}

function requireIntegerWeights(config: Config, file: string): void {
  if (config.format !== 'pack-quantized')
    throw refusal(
      file,
      'format',
      `is ${shown(config.format)}; Pare reads "pack-quantized", INT4 weights`,
      fromFloats,
    );
  const sparsity = config.sparsity_config?.['format'] ?? 'dense';
  if (sparsity !== 'dense')
    throw refusal(
      file,
      'sparsity_config.format',
      `is ${shown(sparsity)}; Pare reads zeros as INT4 codes`,
      oneForm,
    );
  if (isSet(config.transform_config))
    throw refusal(file, 'transform_config', 'rotates the weights', fromFloats);
  if (isSet(config.kv_cache_scheme))
    throw refusal(file, 'kv_cache_scheme', 'quantizes keys and values', oneForm);
}

function schemeOf(group: Group, field: string, file: string): Int4Scheme {
  const { weights, format } = group;
  if (format && format !== 'pack-quantized')
    throw refusal(file, `${field}.format`, `is ${shown(format)}; Pare reads "pack-quantized"`, fromFloats);
  for (const side of ['input_activations', 'output_activations'] as const)
    if (isSet(group[side])) throw refusal(file, `${field}.${side}`, 'quantizes activations as well', oneForm);
  requirePlain(weights, `${field}.weights`, file);
  return { symmetric: weights.symmetric, group: groupOf(weights, `${field}.weights`, file) };
}

function requirePlain({ num_bits: bits, type, dynamic, actorder }: Arguments, field: string, file: string) {
  if (bits !== 4) throw refusal(file, `${field}.num_bits`, `is ${bits}; Pare reads 4`, fromFloats);
  if (type.toLowerCase() !== 'int')
    throw refusal(file, `${field}.type`, `is ${shown(type)}; Pare reads "int"`, fromFloats);
  if (dynamic) throw refusal(file, `${field}.dynamic`, 'is set', oneForm);
  // Ordering that is over once the codes are made ("weight", alias "static") leaves groups of consecutive inputs.
  if (actorder && actorder !== 'weight' && actorder !== 'static')
    throw refusal(file, `${field}.actorder`, 'gives every input a group of its own choice (g_idx)', oneForm);
}

const largestGroup = 2 ** 20;

function groupOf({ strategy, group_size: size }: Arguments, field: string, file: string): number | null {
  const kind = strategy?.toLowerCase() ?? (size === -1 ? 'channel' : 'group');
  if (kind === 'channel') return null;
  if (kind !== 'group')
    throw refusal(
      file,
      `${field}.strategy`,
      `is ${shown(strategy)}; Pare reads "group" and "channel"`,
      oneForm,
    );
  if (size && size >= 8 && size <= largestGroup && Number.isInteger(Math.log2(size))) return size;
  const found = size === undefined || size === null ? 'is missing' : `is ${size}`;
  throw refusal(file, `${field}.group_size`, `${found}; Pare reads powers of two from 8 on`, oneForm);
}

/** Whether an optional part of the config says anything: serializers write null and {} for nothing. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 60) ?? 'missing';
}

function refusal(file: string, field: string, problem: string, remedy: string): PareError {
  const name = `${quantizationField}.${field}`;
  return new PareError('quantization-unsupported', `${file}: ${name} ${problem}.`, remedy, { field: name });
}
