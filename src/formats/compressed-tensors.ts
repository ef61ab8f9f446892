/**
 * Reads INT4 modules of compressed-tensors' `pack-quantized` form into codes and a grid: Ŵ = δ · (q − z).
 * (vllm-project/compressed-tensors, `compressors/pack_quantized/base.py`, `helpers.py`; METHODS §6.)
 *
 *     <m>.weight_packed      I32 [out, ⌈in/8⌉]      codes + 8 of −8…7, that is q, eight to a word, low nibble first
 *     <m>.weight_scale       float [out, groups]    δ
 *     <m>.weight_zero_point  I32 [⌈out/8⌉, groups]  z, packed along the outputs; only where asymmetric, else z = 8
 *     <m>.weight_shape       I64 [2]                out, in
 *
 * Which modules are quantized, and with how many groups, is read off the tensors; config.json must agree with them.
 * Its `targets` and `ignore` are for loaders that build the modules first.
 */
import { PareError } from '../lib/assert.ts';
import { toFloat32, type FloatDtype } from '../lib/half.ts';
import { quantizationField, type Int4Scheme } from './compressed-tensors-config.ts';
import type { ExpectedTensor } from './expected-tensors.ts';
import type { QuantizedEntry, StoredInt4 } from './model-folder.ts';
import { requireScales } from './scales.ts';
import type { SafetensorsDtype, TensorEntry } from './safetensors.ts';

/** Where an INT4 module lies in its files. */
export interface QuantizedModule extends QuantizedEntry {
  /** Without `.weight`: `model.layers.0.mlp.up_proj`. */
  readonly module: string;
  /** What the weights are called in errors. */
  readonly file: string;
  readonly packed: TensorEntry;
  readonly scale: TensorEntry;
  readonly zero: TensorEntry | null;
  readonly shapeEntry: TensorEntry;
}

const parts = ['weight_packed', 'weight_scale', 'weight_zero_point', 'weight_shape'] as const;
type Part = (typeof parts)[number];
type Parts = Partial<Record<Part, TensorEntry>>;

const partName = /^(.+)\.(weight_packed|weight_scale|weight_zero_point|weight_shape|weight_g_idx)$/;

/** The entries of a module, by canonical name, as they count in the fingerprint. */
export function partsOf({
  module,
  packed,
  scale,
  zero,
  shapeEntry,
}: QuantizedModule): Map<string, TensorEntry> {
  const named = new Map([
    [`${module}.weight_packed`, packed],
    [`${module}.weight_scale`, scale],
    [`${module}.weight_shape`, shapeEntry],
  ]);
  return zero ? named.set(`${module}.weight_zero_point`, zero) : named;
}

/**
 * Takes the tensors of quantized modules out of `found` (by canonical name) and describes them. `expected` has the
 * shapes of the weights that config.json asks for, in the order that the modules come in; `blocks` is what the names of all blocks begin with.
 */
export function takeQuantized(
  found: Map<string, TensorEntry>,
  expected: ReadonlyMap<string, ExpectedTensor>,
  blocks: string,
  schemes: readonly Int4Scheme[] | null,
  file: string,
): Map<string, QuantizedModule> {
  const modules = new Map<string, QuantizedModule>();
  for (const [module, entries] of gather(found, file)) {
    if (!schemes) throw unstated(module, file);
    requireInBlock(module, blocks, file);
    const shape = expected.get(`${module}.weight`)?.shape;
    if (shape?.length !== 2) continue; // No such module: its tensors stay, and are named with all that have no place.
    if (found.has(`${module}.weight`)) throw damaged(file, `${module} is there twice: weight, weight_packed`);
    for (const part of parts) found.delete(`${module}.${part}`);
    modules.set(`${module}.weight`, describe(module, shape as [number, number], entries, schemes, file));
  }
  const ordered = [...expected.keys()].flatMap((weight) => modules.get(weight) ?? []);
  return new Map(ordered.map((described) => [described.module, described]));
}

function gather(found: ReadonlyMap<string, TensorEntry>, file: string): Map<string, Parts> {
  const modules = new Map<string, Parts>();
  for (const [name, entry] of found) {
    const [, module, part] = partName.exec(name) ?? [];
    if (module === undefined) continue;
    if (part === 'weight_g_idx') throw reordered(name, file);
    const entries = modules.get(module) ?? {};
    modules.set(module, { ...entries, [part as Part]: entry });
  }
  return modules;
}

function describe(
  module: string,
  shape: readonly [number, number],
  entries: Parts,
  schemes: readonly Int4Scheme[],
  file: string,
): QuantizedModule {
  const need = (part: Part): TensorEntry => {
    const entry = entries[part];
    if (entry) return entry;
    throw damaged(file, `${module} has ${Object.keys(entries).join(', ')}, but no ${part}`);
  };
  const [packed, scale, shapeEntry] = [need('weight_packed'), need('weight_scale'), need('weight_shape')];
  const zero = entries.weight_zero_point ?? null;
  const [out, inputs] = shape;
  const { group } = schemeFor(scale, shape, zero === null, schemes, file);
  const groups = group === null ? 1 : Math.ceil(inputs / group);
  requireForm(packed, ['I32'], [out, Math.ceil(inputs / 8)], file);
  requireForm(scale, ['F32', 'F16', 'BF16'], [out, groups], file);
  requireForm(shapeEntry, ['I64'], [2], file);
  if (zero) requireForm(zero, ['I32'], [Math.ceil(out / 8), groups], file);
  const present = zero ? [packed, scale, zero, shapeEntry] : [packed, scale, shapeEntry];
  const bytes = present.reduce((sum, { begin, end }) => sum + end - begin, 0);
  const scaleBytes = scale.dtype === 'F32' ? 4 : 2;
  const symmetric = zero === null;
  return {
    module,
    file,
    shape,
    group,
    groups,
    symmetric,
    scaleBytes,
    bytes,
    packed,
    scale,
    zero,
    shapeEntry,
  };
}

/** The scheme that the shape of the scales and the zero points agree with: at most one group size does. */
function schemeFor(
  scale: TensorEntry,
  [out, inputs]: readonly [number, number],
  symmetric: boolean,
  schemes: readonly Int4Scheme[],
  file: string,
): Int4Scheme {
  const groupsOf = ({ group }: Int4Scheme) => (group === null ? 1 : Math.ceil(inputs / group));
  const fitting = schemes.find(
    (scheme) => scheme.symmetric === symmetric && groupsOf(scheme) === scale.shape[1],
  );
  if (fitting) return fitting;
  const stated = schemes.map(
    (scheme) => `${scheme.symmetric ? 'symmetric' : 'asymmetric'} [${out}, ${groupsOf(scheme)}]`,
  );
  const zeros = symmetric ? 'no weight_zero_point' : 'a weight_zero_point';
  throw damaged(
    file,
    `${scale.name} is [${scale.shape.join(', ')}] with ${zeros} beside it, but config.json (config_groups) makes it ${stated.join(' or ') || 'nothing'}`,
  );
}

/** Codes and grid of one module. `read` gives the bytes of an entry. */
export async function readQuantized(
  module: QuantizedModule,
  read: (entry: TensorEntry) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<StoredInt4> {
  const { file, shape, group, groups, packed, scale, zero, shapeEntry } = module;
  requireShapeValue(file, shapeEntry, new BigInt64Array((await read(shapeEntry)).buffer), shape);
  const scales = toFloat32(await read(scale), scale.dtype.toLowerCase() as FloatDtype);
  requireScales(file, scale.name, scales);
  const zeros = zero ? new Uint32Array((await read(zero)).buffer) : null;
  const codes = clearPadding(await read(packed), shape[1]);
  return { shape, group, groups, codes, grid: gridOf(scales, zeros, shape[0], groups) };
}

/** Pairs (δ, z); z from words that hold eight outputs each, or 8 where there are none. */
function gridOf(scales: Float32Array, zeros: Uint32Array | null, out: number, groups: number) {
  const grid = new Float32Array(2 * out * groups);
  for (let row = 0; row < out; row++) {
    for (let group = 0; group < groups; group++) {
      const at = row * groups + group;
      const word = zeros ? zeros[(row >> 3) * groups + group]! : 0x88888888;
      grid[2 * at] = scales[at]!;
      grid[2 * at + 1] = (word >>> (4 * (row & 7))) & 15;
    }
  }
  return grid;
}

/** Codes beyond a row's last input mean nothing; they are 0 on the device. */
function clearPadding(bytes: Uint8Array<ArrayBuffer>, inputs: number): Uint8Array<ArrayBuffer> {
  const used = inputs % 8;
  if (used === 0) return bytes;
  const words = new Uint32Array(bytes.buffer);
  const stride = Math.ceil(inputs / 8);
  for (let at = stride - 1; at < words.length; at += stride) words[at]! &= 2 ** (4 * used) - 1;
  return bytes;
}

function requireShapeValue(
  file: string,
  { name }: TensorEntry,
  stated: BigInt64Array,
  [out, inputs]: readonly [number, number],
): void {
  if (stated[0] === BigInt(out) && stated[1] === BigInt(inputs)) return;
  throw damaged(file, `${name} says [${stated.join(', ')}], but config.json makes it [${out}, ${inputs}]`);
}

function requireForm(
  { name, dtype, shape }: TensorEntry,
  dtypes: readonly SafetensorsDtype[],
  expected: readonly number[],
  file: string,
): void {
  if (!dtypes.includes(dtype)) throw damaged(file, `${name} is ${dtype}, but should be ${dtypes.join('/')}`);
  if (shape.length === expected.length && shape.every((extent, i) => extent === expected[i])) return;
  throw damaged(
    file,
    `${name} is [${shape.join(', ')}], but config.json makes it [${expected.join(', ')}] (pack-quantized, 4 bits)`,
  );
}

/** Embedding and head run in floats here, as in every recipe that quantizes. */
function requireInBlock(module: string, blocks: string, file: string): void {
  if (module.startsWith(`${blocks}.`)) return;
  throw new PareError(
    'quantization-unsupported',
    `${file}: ${module} is quantized; Pare reads INT4 in the linear modules of the blocks.`,
    `Quantize the float model again with ${module} in the list "ignore", or open the float model itself.`,
    { field: `${quantizationField}.ignore`, module },
  );
}

function unstated(module: string, file: string): PareError {
  return new PareError(
    'quantization-unsupported',
    `${file}: ${module} is quantized (weight_packed), but config.json has no ${quantizationField}.`,
    'Use the config.json that came with these weights; in old ones, rename compression_config to quantization_config.',
    { field: quantizationField, module },
  );
}

function reordered(name: string, file: string): PareError {
  return new PareError(
    'quantization-unsupported',
    `${file}: ${name} gives every input a group of its own choice (actorder "group").`,
    'Quantize the float model again with actorder "weight" or none, or open the float model itself.',
    { field: name },
  );
}

function damaged(file: string, problem: string): PareError {
  return new PareError(
    'quantization-mismatch',
    `${file}: ${problem}.`,
    'Check that config.json belongs to these weights; else save the model again with a current compressed-tensors, or open the float model that it was made from.',
  );
}
