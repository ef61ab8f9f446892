/**
 * Writes INT4 modules as a GPTQ checkpoint, version 2; the tensors and their layouts are listed in `gptq.ts`. GPTQModel,
 * vLLM and transformers load the folder as it is.
 */
import { assert } from '../lib/assert.ts';
import { encodeF16 } from '../lib/half.ts';
import type { QuantizedOutput } from './compressed-tensors-write.ts';
import { transposed } from './gptq.ts';
import type { TensorOutput } from './safetensors-write.ts';

export interface GptqOptions {
  /** Every zero point of every module is 8. */
  readonly symmetric: boolean;
  /** Linear modules of the blocks that stay float. */
  readonly ignore: readonly string[];
}

export interface GptqModel {
  readonly tensors: TensorOutput[];
  /** `quantization_config` of the config.json; quantize_config.json holds the same. */
  readonly quantization: Record<string, unknown>;
}

/** Why GPTQ cannot hold a module; null where it can. */
export function gptqProblem({ module, shape: [out, inputs], group }: QuantizedOutput): string | null {
  if (out % 8 !== 0 || inputs % 8 !== 0)
    return `${module} is [${out}, ${inputs}]; GPTQ packs eight inputs and eight outputs to a word.`;
  if (group !== null && inputs % group !== 0)
    return `${module} has ${inputs} inputs, which groups of ${group} do not divide.`;
  return null;
}

/** Tensors of the modules, which share one group size, and what config.json says of them. */
export function gptqTensors(modules: readonly QuantizedOutput[], options: GptqOptions): GptqModel {
  const [first] = modules;
  assert(first, 'a GPTQ checkpoint has at least one module');
  const { group } = first;
  assert(
    modules.every((module) => module.group === group && gptqProblem(module) === null),
    'modules that GPTQ cannot hold',
  );
  return {
    tensors: modules.flatMap(tensorsOf),
    quantization: {
      quant_method: 'gptq',
      bits: 4,
      group_size: group ?? -1,
      desc_act: false,
      sym: options.symmetric,
      lm_head: false,
      true_sequential: true,
      pack_dtype: 'int32',
      checkpoint_format: 'gptq_v2',
      meta: { quantizer: ['pare:1'] },
      ...(options.ignore.length === 0
        ? {}
        : { dynamic: Object.fromEntries(options.ignore.map((module) => [`-:^${escaped(module)}$`, {}])) }),
    },
  };
}

const escaped = (module: string) => module.replaceAll('.', '\\.');

function tensorsOf(output: QuantizedOutput): TensorOutput[] {
  const {
    module,
    shape: [out, inputs],
    group,
  } = output;
  const groups = group === null ? 1 : inputs / group;
  const width = group ?? inputs;
  return [
    {
      name: `${module}.qweight`,
      dtype: 'I32',
      shape: [inputs / 8, out],
      bytes: async () => {
        const packed = await output.codes();
        return transposed(
          new Uint32Array(packed.buffer, packed.byteOffset, packed.length / 4),
          out,
          inputs / 8,
        );
      },
    },
    {
      name: `${module}.qzeros`,
      dtype: 'I32',
      shape: [groups, out / 8],
      bytes: async () => zeroBytes(await output.grid(), out, groups),
    },
    {
      name: `${module}.scales`,
      dtype: 'F16',
      shape: [groups, out],
      bytes: async () => scaleBytes(await output.grid(), out, groups),
    },
    {
      name: `${module}.g_idx`,
      dtype: 'I32',
      shape: [inputs],
      bytes: () =>
        Promise.resolve(
          new Uint8Array(Int32Array.from({ length: inputs }, (_, i) => Math.floor(i / width)).buffer),
        ),
    },
  ];
}

function zeroBytes(grid: Float32Array, out: number, groups: number): Uint8Array {
  const words = new Uint32Array((groups * out) / 8);
  for (let row = 0; row < out; row++)
    for (let index = 0; index < groups; index++)
      words[(index * out + row) >> 3]! |= grid[2 * (row * groups + index) + 1]! << (4 * (row & 7));
  return new Uint8Array(words.buffer);
}

function scaleBytes(grid: Float32Array, out: number, groups: number): Uint8Array {
  const scales = new Float32Array(groups * out);
  for (let row = 0; row < out; row++)
    for (let index = 0; index < groups; index++)
      scales[index * out + row] = grid[2 * (row * groups + index)]!;
  return new Uint8Array(encodeF16(scales).buffer);
}
