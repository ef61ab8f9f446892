/** INT4 modules of safetensors files, whichever library packed them. */
import { parseQuantization, type Int4Scheme } from './compressed-tensors-config.ts';
import { partsOf, readQuantized, takeQuantized } from './compressed-tensors.ts';
import type { ExpectedTensor } from './expected-tensors.ts';
import { parseGptq, type GptqScheme } from './gptq-config.ts';
import { gptqPartsOf, readGptq, takeGptq } from './gptq.ts';
import type { QuantizedEntry, StoredInt4 } from './model-folder.ts';
import type { TensorEntry } from './safetensors.ts';

export interface PackedModule extends QuantizedEntry {
  /** Without `.weight`: `model.layers.0.mlp.up_proj`. */
  readonly module: string;
  /** All that is read of the files, by canonical name. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Codes and grid; `read` gives the bytes of an entry. */
  read(read: (entry: TensorEntry) => Promise<Uint8Array<ArrayBuffer>>): Promise<StoredInt4>;
}

/** What config.json says of how the weights are packed: at most one of the two. */
export interface Packing {
  readonly compressed: readonly Int4Scheme[] | null;
  readonly gptq: GptqScheme | null;
}

export function parsePacking(json: unknown, file: string): Packing {
  const gptq = parseGptq(json, file);
  return { gptq, compressed: gptq ? null : parseQuantization(json, file) };
}

/**
 * Takes the tensors of INT4 modules out of `found` (by canonical name) and describes them, in the order of `expected`.
 * `blocks` is what the names of all blocks begin with.
 */
export function takePacked(
  found: Map<string, TensorEntry>,
  expected: ReadonlyMap<string, ExpectedTensor>,
  blocks: string,
  { compressed, gptq }: Packing,
  file: string,
): Map<string, PackedModule> {
  const modules = [
    ...[...takeQuantized(found, expected, blocks, compressed, file).values()].map((module): PackedModule => ({
      ...module,
      entries: partsOf(module),
      read: (read) => readQuantized(module, read),
    })),
    ...[...takeGptq(found, expected, blocks, gptq, file).values()].map((module): PackedModule => ({
      ...module,
      entries: gptqPartsOf(module),
      read: (read) => readGptq(module, read),
    })),
  ];
  return new Map(modules.map((module) => [module.module, module]));
}
