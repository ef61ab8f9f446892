import { openModel } from '../models/open-model.ts';
import { compressedTensors } from '../formats/compressed-tensors-write.ts';
import { gptqTensors } from '../formats/gptq-write.ts';
import type { SafetensorsDtype } from '../formats/safetensors.ts';
import { safetensorsStream, type TensorOutput } from '../formats/safetensors-write.ts';
import { bytesSource, type FileSource } from '../formats/source.ts';
import { packNibbles } from '../lib/nibbles.ts';
import { Random } from '../lib/random.ts';
import { tinyModel } from './tiny-model.testing.ts';

/** The INT4 weight of a module, as it is on the device. */
export interface TinyInt4 {
  readonly shape: readonly [number, number];
  readonly codes: Uint8Array<ArrayBuffer>;
  readonly grid: Float32Array<ArrayBuffer>;
}

interface Options {
  packing?: 'compressed-tensors' | 'gptq';
  /** Inputs a group; null: the whole row. */
  group?: number | null;
  symmetric?: boolean;
  /** Share of codes that are the zero point, beside those that happen to be. */
  zeros?: number;
  /** Modules that stay float. */
  floats?: readonly string[];
  /** What config.json says beside the tiny model's own. */
  config?: Record<string, unknown>;
  /** Adds, takes away or changes tensors of the file, by name. */
  change?: (tensors: Map<string, TensorOutput>) => void;
  /** Changes config.json. */
  edit?: (config: Record<string, unknown>) => void;
}

/** The tiny model with random INT4 weights in every linear module of its blocks, as a compressed-tensors or GPTQ folder. */
export async function tinyInt4({
  packing = 'compressed-tensors',
  group = 16,
  symmetric = false,
  zeros = 0,
  floats = [],
  config = {},
  change,
  edit,
}: Options = {}): Promise<{ files: FileSource[]; modules: Map<string, TinyInt4> }> {
  const files = await tinyModel(config);
  const folder = await openModel(files);
  const random = new Random(11);
  const modules = new Map<string, TinyInt4>();
  const tensors = new Map<string, TensorOutput>();
  for (const [name, { dtype, shape }] of folder.tensors) {
    const module = name.replace(/\.weight$/, '');
    if (name.endsWith('_proj.weight') && !floats.includes(module)) {
      modules.set(module, randomWeight(random, shape as [number, number], { group, symmetric, zeros }));
      continue;
    }
    const bytes = async () => (await folder.readTensor(name)).bytes;
    tensors.set(name, { name, dtype: dtype.toUpperCase() as SafetensorsDtype, shape, bytes });
  }
  const outputs = [...modules].map(([module, { shape, codes, grid }]) => ({
    module,
    shape,
    group,
    codes: () => Promise.resolve(codes),
    grid: () => Promise.resolve(grid),
  }));
  const packed =
    packing === 'gptq'
      ? gptqTensors(outputs, { symmetric, ignore: floats })
      : await compressedTensors(outputs, { ignore: ['lm_head', ...floats], dtype: 'f32' });
  for (const tensor of packed.tensors) tensors.set(tensor.name, tensor);
  change?.(tensors);
  const json = structuredClone({ ...folder.config.raw, quantization_config: packed.quantization });
  edit?.(json);
  const weights = await new Response(safetensorsStream([...tensors.values()]).stream).arrayBuffer();
  return {
    files: [
      bytesSource('tiny/config.json', new TextEncoder().encode(JSON.stringify(json))),
      bytesSource('tiny/model.safetensors', new Uint8Array(weights)),
      ...files.filter(({ name }) => name.startsWith('tokenizer')),
    ],
    modules,
  };
}

function randomWeight(
  random: Random,
  shape: readonly [number, number],
  { group, symmetric, zeros }: Required<Pick<Options, 'group' | 'symmetric' | 'zeros'>>,
): TinyInt4 {
  const [out, inputs] = shape;
  const width = group ?? inputs;
  const groups = Math.ceil(inputs / width);
  const grid = new Float32Array(2 * out * groups);
  for (let at = 0; at < grid.length; at += 2) {
    // Seven significant bits, as on the exact grid.
    grid[at] = (64 + random.integer(64)) * 2 ** -11;
    grid[at + 1] = symmetric ? 8 : random.integer(16);
  }
  const codes = Array.from({ length: out * inputs }, (_, i) => {
    const [row, column] = [Math.floor(i / inputs), i % inputs];
    const zero = grid[2 * (row * groups + Math.floor(column / width)) + 1]!;
    return random.next() < zeros ? zero : random.integer(16);
  });
  return { shape, codes: packNibbles(codes, inputs), grid };
}
