/**
 * Writes INT4 modules in compressed-tensors' `pack-quantized` form; the tensors and their layouts are listed in
 * `compressed-tensors.ts`. vLLM and transformers load the folder as it is.
 */
import { assert, PareError } from '../lib/assert.ts';
import { encodeF16, f16ToF32, f32ToF16, type FloatDtype } from '../lib/half.ts';
import type { TensorOutput } from './safetensors-write.ts';

export interface QuantizedOutput {
  /** As in the model, without `.weight`. */
  readonly module: string;
  readonly shape: readonly [out: number, inputs: number];
  /** Consecutive inputs that share δ and z; null: the whole row. */
  readonly group: number | null;
  /** Codes 0…15, eight to a word, low nibble first, rows padded to whole words with zeros. */
  codes(): Promise<Uint8Array<ArrayBuffer>>;
  /** Pairs (δ, z), [out, groups]. Asked for twice: once before the file begins, once when it is written. */
  grid(): Promise<Float32Array>;
}

export interface CompressedOptions {
  /** Linear modules that stay float, the head among them where it is a module of its own. */
  readonly ignore: readonly string[];
  /** What the other weights ship as, which is what loaders compute in. */
  readonly dtype: FloatDtype;
}

export interface CompressedModel {
  readonly tensors: TensorOutput[];
  /** `quantization_config` of the config.json. */
  readonly quantization: Record<string, unknown>;
  /** What the user should know about exactness. */
  readonly notes: string[];
}

/** Tensors of the modules, and what config.json says of them. Nothing but the grids is read before the stream is. */
export async function compressedTensors(
  modules: readonly QuantizedOutput[],
  options: CompressedOptions,
): Promise<CompressedModel> {
  for (const module of modules) requireDivisible(module);
  const survey = await surveyGrids(modules);
  const dtype = survey.inexact === 0 ? 'F16' : 'F32';
  const isSymmetric = (group: number | null) => !survey.asymmetric.has(group);
  return {
    tensors: modules.flatMap((module) => tensorsOf(module, isSymmetric(module.group), dtype)),
    quantization: quantizationConfig(modules, isSymmetric, options.ignore),
    notes: notesOf(survey, options.dtype),
  };
}

interface Survey {
  scales: number;
  /** Scales that half precision cannot hold. */
  inexact: number;
  /** Group sizes with a zero point that is not 8. */
  asymmetric: Set<number | null>;
}

async function surveyGrids(modules: readonly QuantizedOutput[]): Promise<Survey> {
  const survey: Survey = { scales: 0, inexact: 0, asymmetric: new Set() };
  for (const output of modules) {
    const grid = await output.grid();
    for (let at = 0; at < grid.length; at += 2) {
      const [scale, zero] = [grid[at]!, grid[at + 1]!];
      assert(scale > 0 && Number.isFinite(scale), `${output.module} has a scale of ${scale}`);
      assert(Number.isInteger(zero) && zero >= 0 && zero <= 15, `${output.module} has a zero point ${zero}`);
      if (f16ToF32(f32ToF16(scale)) !== scale) survey.inexact++;
      if (zero !== 8) survey.asymmetric.add(output.group);
    }
    survey.scales += grid.length / 2;
  }
  return survey;
}

/** Loaders refuse a last, short group; a group that is wider than the row they take as the row. */
function requireDivisible({ module, shape: [, inputs], group }: QuantizedOutput): void {
  if (group === null || inputs <= group || inputs % group === 0) return;
  const largest = inputs & -inputs;
  const remedy =
    largest >= 8
      ? `Quantize in groups of ${largest} or fewer, or keep a number of inputs that ${group} divides (FFN widths in steps of ${group}); or export the weights dequantized.`
      : `Keep a number of inputs that ${group} divides (FFN widths in steps of ${group}), or export the weights dequantized.`;
  throw new PareError(
    'group-indivisible',
    `${module} has ${inputs} inputs, which groups of ${group} do not divide; compressed-tensors loads no short group.`,
    remedy,
    { module, inputs, group },
  );
}

function tensorsOf(output: QuantizedOutput, symmetric: boolean, scaleDtype: 'F16' | 'F32'): TensorOutput[] {
  const {
    module,
    shape: [out, inputs],
    group,
  } = output;
  const groups = group === null ? 1 : Math.ceil(inputs / group);
  const tensors: TensorOutput[] = [
    {
      name: `${module}.weight_packed`,
      dtype: 'I32',
      shape: [out, Math.ceil(inputs / 8)],
      bytes: () => output.codes(),
    },
    {
      name: `${module}.weight_scale`,
      dtype: scaleDtype,
      shape: [out, groups],
      bytes: async () => scaleBytes(await output.grid(), scaleDtype),
    },
    {
      name: `${module}.weight_shape`,
      dtype: 'I64',
      shape: [2],
      bytes: () => Promise.resolve(new Uint8Array(BigInt64Array.of(BigInt(out), BigInt(inputs)).buffer)),
    },
  ];
  if (symmetric) return tensors;
  const zeros: TensorOutput = {
    name: `${module}.weight_zero_point`,
    dtype: 'I32',
    shape: [Math.ceil(out / 8), groups],
    bytes: async () => zeroBytes(await output.grid(), out, groups),
  };
  return [...tensors, zeros];
}

function scaleBytes(grid: Float32Array, dtype: 'F16' | 'F32'): Uint8Array {
  const scales = Float32Array.from({ length: grid.length / 2 }, (_, i) => grid[2 * i]!);
  return new Uint8Array((dtype === 'F16' ? encodeF16(scales) : scales).buffer);
}

/** Eight outputs to a word, the first in the low nibble; what pads the last word is 0. */
function zeroBytes(grid: Float32Array, out: number, groups: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(out / 8) * groups);
  for (let row = 0; row < out; row++) {
    for (let group = 0; group < groups; group++)
      words[(row >> 3) * groups + group]! |= grid[2 * (row * groups + group) + 1]! << (4 * (row & 7));
  }
  return new Uint8Array(words.buffer);
}

/**
 * One config group a group size. Where there is one, it is for all linear modules but the ignored; else each group
 * names its modules.
 */
function quantizationConfig(
  modules: readonly QuantizedOutput[],
  isSymmetric: (group: number | null) => boolean,
  ignore: readonly string[],
): Record<string, unknown> {
  const sizes = [...new Set(modules.map(({ group }) => group))];
  const groups = sizes.map((size, index) => {
    const members = modules.filter(({ group }) => group === size).map(({ module }) => module);
    return [
      `group_${index}`,
      {
        targets: sizes.length === 1 ? ['Linear'] : members,
        weights: {
          num_bits: 4,
          type: 'int',
          symmetric: isSymmetric(size),
          strategy: size === null ? 'channel' : 'group',
          group_size: size,
          dynamic: false,
        },
        input_activations: null,
        output_activations: null,
      },
    ] as const;
  });
  return {
    quant_method: 'compressed-tensors',
    format: 'pack-quantized',
    quantization_status: 'compressed',
    config_groups: Object.fromEntries(groups),
    ignore: [...ignore],
    kv_cache_scheme: null,
    global_compression_ratio: null,
  };
}

function notesOf({ scales, inexact }: Survey, dtype: FloatDtype): string[] {
  const stored =
    inexact === 0
      ? 'INT4 scales are stored as F16, which holds every one of them exactly.'
      : `INT4 scales are stored as F32: F16 cannot hold ${inexact} of the ${scales}. Loaders that turn scales into F16 round them; quantizing on the exact grid avoids it.`;
  const rounded =
    'Loaders compute in BF16, as the other weights are stored; its 8 significant bits round INT4 weights, which F16 and F32 hold exactly.';
  return dtype === 'bf16' ? [stored, rounded] : [stored];
}
