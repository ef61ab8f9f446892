/**
 * `quantization_config` of a GPTQ checkpoint (config.json), as AutoGPTQ, GPTQModel and transformers write it
 * (ModelCloud/GPTQModel, `quantization/config.py`; huggingface/transformers, `utils/quantization_config.py`). Only what
 * makes INT4 codes of consecutive inputs is read; the rest is refused by the name of its field, with a way out.
 */
import { z } from 'zod';
import { PareError } from '../lib/assert.ts';
import { quantizationField } from './compressed-tensors-config.ts';
import { checked } from './json.ts';

export interface GptqScheme {
  /** Group sizes that modules may have; null: the whole row. */
  readonly groups: readonly (number | null)[];
  /** Every zero point is 8. */
  readonly symmetric: boolean;
  /** What the file says that its zero points are stored as: v1 holds z − 1, v2 holds z. */
  readonly zeros: 'v1' | 'v2';
  /**
   * GPTQModel makes v1 by subtracting 1 from all eight zero points of a word at once, borrow included, and reads it by
   * adding 1 to all of them: that alone gives z = 0 back.
   */
  readonly wholeWords: boolean;
}

const remedy =
  'Quantize the float model again with GPTQModel (bits 4, desc_act false, format gptq_v2), or open the float model itself: Pare quantizes it.';

const overrideSchema = z.object({ bits: z.int().optional(), group_size: z.int().optional() });

const schema = z.object({
  [quantizationField]: z.object({
    bits: z.int(),
    group_size: z.int(),
    desc_act: z.boolean().nullish(),
    sym: z.boolean().nullish(),
    lm_head: z.boolean().nullish(),
    /** `format` is its name since GPTQModel 5. */
    checkpoint_format: z.string().nullish(),
    format: z.string().nullish(),
    pack_dtype: z.string().nullish(),
    /** Regular expressions of module names → what is different there. */
    dynamic: z.record(z.string(), z.union([overrideSchema, z.literal(false)])).nullish(),
    meta: z.record(z.string(), z.unknown()).nullish(),
  }),
});

/** What a config.json (`file` names it in errors) says of its GPTQ weights; null where it says nothing of GPTQ. */
export function parseGptq(json: unknown, file: string): GptqScheme | null {
  const stated = z.object({ [quantizationField]: z.object({ quant_method: z.string() }) }).safeParse(json);
  if (stated.data?.[quantizationField].quant_method !== 'gptq') return null;
  const { [quantizationField]: config } = checked(schema, json, file, remedy);
  const refuse = (field: string, problem: string): never => {
    const name = `${quantizationField}.${field}`;
    throw new PareError('quantization-unsupported', `${file}: ${name} ${problem}.`, remedy, { field: name });
  };
  const overrides = Object.values(config.dynamic ?? {}).filter((override) => override !== false);
  for (const bits of [config.bits, ...overrides.flatMap((override) => override.bits ?? [])])
    if (bits !== 4) refuse('bits', `is ${bits}; Pare reads 4`);
  if (config.lm_head) refuse('lm_head', 'is true; Pare reads INT4 in the linear modules of the blocks');
  if (config.pack_dtype && config.pack_dtype !== 'int32')
    refuse('pack_dtype', `is "${config.pack_dtype.slice(0, 40)}"; Pare reads "int32"`);
  const format = config.checkpoint_format ?? config.format ?? 'gptq';
  if (format !== 'gptq' && format !== 'gptq_v2')
    refuse('checkpoint_format', `is "${format.slice(0, 40)}"; Pare reads "gptq" and "gptq_v2"`);
  const sizes = [config.group_size, ...overrides.flatMap((override) => override.group_size ?? [])];
  return {
    groups: [...new Set(sizes.map((size) => groupOf(size, refuse)))],
    symmetric: config.sym ?? true,
    zeros: format === 'gptq_v2' ? 'v2' : 'v1',
    wholeWords: makersOf(config.meta).some((maker) => /^gptqmodel/i.test(maker)),
  };
}

const largestGroup = 2 ** 20;

function groupOf(size: number, refuse: (field: string, problem: string) => never): number | null {
  if (size === -1) return null;
  if (size >= 8 && size <= largestGroup && Number.isInteger(Math.log2(size))) return size;
  return refuse('group_size', `is ${size}; Pare reads −1 and powers of two from 8 on`);
}

/** `meta.quantizer`: a text, or a list of them. */
function makersOf(meta: Readonly<Record<string, unknown>> | null | undefined): string[] {
  const makers = z.union([z.string(), z.array(z.string())]).safeParse(meta?.['quantizer']).data ?? [];
  return typeof makers === 'string' ? [makers] : makers;
}
