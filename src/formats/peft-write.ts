/** Writes a LoRA adapter that a plain PEFT loads, with a rank of its own for every module. */
import { assert } from '../lib/assert.ts';
import { adapterConfigName, adapterWeightsName } from './folder.ts';
import type { SafetensorsDtype } from './safetensors.ts';
import { safetensorsStream, type SizedStream, type TensorOutput, textStream } from './safetensors-write.ts';

export interface PeftOutput {
  /** As in the base model, without `.weight`. */
  readonly module: string;
  /** At least 1: a module at rank 0 is simply left out. */
  readonly rank: number;
  /** y += scale · B (A x); written as alpha = scale · rank. */
  readonly scale: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Bytes of A [rank, inputs] and B [outputs, rank]. */
  a(): Promise<Uint8Array>;
  b(): Promise<Uint8Array>;
}

export interface PeftOptions {
  /** Name or path of the base model, for PEFT's config. */
  readonly base: string;
  readonly dtype: Extract<SafetensorsDtype, 'F32' | 'F16' | 'BF16'>;
  /** The base holds its linear weights as [in, out] (Conv1D). */
  readonly transposed?: boolean;
  /** All linear modules of the base model. Where an adapter is on each that ends alike, PEFT is given the ending. */
  readonly baseModules?: readonly string[];
}

/** The two files of an adapter. */
export function peftFiles(
  modules: readonly PeftOutput[],
  options: PeftOptions,
): ({ name: string } & SizedStream)[] {
  const config = JSON.stringify(peftConfig(modules, options), null, 2);
  const tensors = modules.flatMap((module) => tensorsOf(module, options.dtype));
  return [
    { name: adapterConfigName, ...textStream(`${config}\n`) },
    { name: adapterWeightsName, ...safetensorsStream(tensors) },
  ];
}

/** adapter_config.json. Both patterns name every module, so nothing hangs on `r` and `lora_alpha`. */
export function peftConfig(modules: readonly PeftOutput[], options: PeftOptions): Record<string, unknown> {
  assert(modules.length > 0, 'an adapter has at least one module');
  const widest = modules.reduce((best, module) => (module.rank > best.rank ? module : best));
  const pattern = (value: (module: PeftOutput) => number) =>
    Object.fromEntries(modules.map((module) => [`^${module.module}`, value(module)]));
  return {
    base_model_name_or_path: options.base,
    bias: 'none',
    fan_in_fan_out: options.transposed ?? false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: widest.scale * widest.rank,
    lora_dropout: 0,
    peft_type: 'LORA',
    r: widest.rank,
    rank_pattern: pattern(({ rank }) => rank),
    alpha_pattern: pattern(({ rank, scale }) => scale * rank),
    target_modules: targetsOf(
      modules.map(({ module }) => module),
      options.baseModules,
    ),
    task_type: 'CAUSAL_LM',
    use_rslora: false,
  };
}

const endingOf = (module: string): string => module.slice(module.lastIndexOf('.') + 1);

/** Endings such as `q_proj` where they name exactly the adapted modules, else full names. */
function targetsOf(modules: readonly string[], baseModules: readonly string[] | undefined): string[] {
  if (!baseModules) return [...modules];
  const adapted = new Set(modules);
  const endings = new Set(modules.map(endingOf));
  const covers = baseModules.every((module) => adapted.has(module) || !endings.has(endingOf(module)));
  return covers ? [...endings] : [...modules];
}

function tensorsOf(module: PeftOutput, dtype: SafetensorsDtype): TensorOutput[] {
  assert(Number.isInteger(module.rank) && module.rank > 0, `${module.module} has no rank`);
  const name = `base_model.model.${module.module}`;
  return [
    { name: `${name}.lora_A.weight`, dtype, shape: [module.rank, module.inputs], bytes: () => module.a() },
    { name: `${name}.lora_B.weight`, dtype, shape: [module.outputs, module.rank], bytes: () => module.b() },
  ];
}
