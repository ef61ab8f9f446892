/**
 * Reads INT4 modules of GPTQ checkpoints into codes and a grid: Ŵ = δ · (q − z).
 * (AutoGPTQ, `nn_modules/qlinear/qlinear_cuda_old.py`; ModelCloud/GPTQModel, `nn_modules/qlinear/__init__.py` and
 * `utils/model.py`; METHODS §6.)
 *
 *     <m>.qweight  I32 [in/8, out]      codes q, eight inputs to a word, low nibble first
 *     <m>.qzeros   I32 [groups, out/8]  z (v2) or z − 1 (v1), eight outputs to a word
 *     <m>.scales   float [groups, out]  δ
 *     <m>.g_idx    I32 [in]             group of each input; may be missing
 *     <m>.bias     float [out]          also where the model has none: then it is zero
 *
 * v1 has no form for z = 0: packers differ in what they leave there, and one of them spoils its neighbours. Such a file
 * is read only where it says that GPTQModel made it, whose reader undoes its packer. Some files hold the other version's
 * zero points than config.json says; symmetric ones give themselves away, since every z is 8.
 */
import { PareError } from '../lib/assert.ts';
import { toFloat32, type FloatDtype } from '../lib/half.ts';
import type { ExpectedTensor } from './expected-tensors.ts';
import type { GptqScheme } from './gptq-config.ts';
import type { QuantizedEntry, StoredInt4 } from './model-folder.ts';
import { requireScales } from './scales.ts';
import type { SafetensorsDtype, TensorEntry } from './safetensors.ts';

/** Where a GPTQ module lies in its files. */
export interface GptqModule extends QuantizedEntry {
  /** Without `.weight`: `model.layers.0.mlp.up_proj`. */
  readonly module: string;
  /** What the weights are called in errors. */
  readonly file: string;
  readonly scheme: GptqScheme;
  readonly codes: TensorEntry;
  readonly zeros: TensorEntry;
  readonly scales: TensorEntry;
  readonly order: TensorEntry | null;
  /** A bias that the model does not have. */
  readonly spareBias: TensorEntry | null;
}

const parts = ['qweight', 'qzeros', 'scales', 'g_idx'] as const;
type Part = (typeof parts)[number];
type Parts = Partial<Record<Part, TensorEntry>>;

const partName = /^(.+)\.(qweight|qzeros|scales|g_idx)$/;

/** The entries of a module, by canonical name, as they count in the fingerprint. */
export function gptqPartsOf(module: GptqModule): Map<string, TensorEntry> {
  const named: [string, TensorEntry | null][] = [
    ['qweight', module.codes],
    ['qzeros', module.zeros],
    ['scales', module.scales],
    ['g_idx', module.order],
    ['bias', module.spareBias],
  ];
  return new Map(named.flatMap(([part, entry]) => (entry ? [[`${module.module}.${part}`, entry]] : [])));
}

/**
 * Takes the tensors of quantized modules out of `found` (by canonical name) and describes them, in the order of
 * `expected`. `blocks` is what the names of all blocks begin with.
 */
export function takeGptq(
  found: Map<string, TensorEntry>,
  expected: ReadonlyMap<string, ExpectedTensor>,
  blocks: string,
  scheme: GptqScheme | null,
  file: string,
): Map<string, GptqModule> {
  const modules = new Map<string, GptqModule>();
  for (const [module, entries] of gather(found)) {
    // Without its codes, something else is called `scales`: it stays, and is named with all that have no place.
    if (!entries.qweight) continue;
    if (!scheme) throw unstated(module, file);
    requireInBlock(module, blocks, file);
    const shape = expected.get(`${module}.weight`)?.shape;
    if (shape?.length !== 2) continue;
    if (found.has(`${module}.weight`)) throw mismatch(file, `${module} is there twice: weight, qweight`);
    const bias = `${module}.bias`;
    const spareBias = expected.has(bias) ? null : (found.get(bias) ?? null);
    if (spareBias) found.delete(bias);
    for (const part of parts) found.delete(`${module}.${part}`);
    modules.set(
      `${module}.weight`,
      describe(module, shape as [number, number], entries, { scheme, spareBias, file }),
    );
  }
  const ordered = [...expected.keys()].flatMap((weight) => modules.get(weight) ?? []);
  return new Map(ordered.map((described) => [described.module, described]));
}

function gather(found: ReadonlyMap<string, TensorEntry>): Map<string, Parts> {
  const modules = new Map<string, Parts>();
  for (const [name, entry] of found) {
    const [, module, part] = partName.exec(name) ?? [];
    if (module !== undefined) modules.set(module, { ...modules.get(module), [part as Part]: entry });
  }
  return modules;
}

function describe(
  module: string,
  shape: readonly [number, number],
  entries: Parts,
  { scheme, spareBias, file }: { scheme: GptqScheme; spareBias: TensorEntry | null; file: string },
): GptqModule {
  const need = (part: Part): TensorEntry => {
    const entry = entries[part];
    if (entry) return entry;
    throw mismatch(file, `${module} has ${Object.keys(entries).join(', ')}, but no ${part}`);
  };
  const [codes, zeros, scales] = [need('qweight'), need('qzeros'), need('scales')];
  const order = entries.g_idx ?? null;
  const [out, inputs] = shape;
  if (out % 8 !== 0 || inputs % 8 !== 0)
    throw mismatch(
      file,
      `${module} is [${out}, ${inputs}]; GPTQ packs eight inputs and eight outputs to a word`,
    );
  const group = groupOf(scales, shape, scheme, file);
  const groups = group === null ? 1 : Math.ceil(inputs / group);
  requireForm(codes, ['I32'], [inputs / 8, out], file);
  requireForm(zeros, ['I32'], [groups, out / 8], file);
  requireForm(scales, ['F16', 'BF16', 'F32'], [groups, out], file);
  if (order) requireForm(order, ['I32'], [inputs], file);
  if (spareBias) requireForm(spareBias, ['F16', 'BF16', 'F32'], [out], file);
  const bytes = [codes, zeros, scales, ...(order ? [order] : [])].reduce(
    (sum, { begin, end }) => sum + end - begin,
    0,
  );
  const { symmetric } = scheme;
  const scaleBytes = scales.dtype === 'F32' ? 4 : 2;
  return {
    module,
    file,
    shape,
    group,
    groups,
    symmetric,
    bytes,
    scaleBytes,
    scheme,
    codes,
    zeros,
    scales,
    order,
    spareBias,
  };
}

/** The group size of those in config.json that makes as many groups as there are scales. */
function groupOf(
  scales: TensorEntry,
  [, inputs]: readonly [number, number],
  { groups }: GptqScheme,
  file: string,
): number | null {
  const countOf = (group: number | null) => (group === null ? 1 : Math.ceil(inputs / group));
  const fitting = groups.find((group) => countOf(group) === scales.shape[0]);
  if (fitting !== undefined) return fitting;
  const stated = groups.map((group) => `${countOf(group)} (group_size ${group ?? -1})`).join(' or ');
  throw mismatch(
    file,
    `${scales.name} is [${scales.shape.join(', ')}], but config.json makes its groups ${stated}`,
  );
}

/** Codes and grid of one module. `read` gives the bytes of an entry. */
export async function readGptq(
  module: GptqModule,
  read: (entry: TensorEntry) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<StoredInt4> {
  const { file, shape, group, groups, scales, order, spareBias } = module;
  if (order) requireInOrder(file, order, new Int32Array((await read(order)).buffer), group ?? shape[1]);
  if (spareBias) requireNothing(file, spareBias, await read(spareBias));
  const zeros = zerosOf(module, new Uint32Array((await read(module.zeros)).buffer));
  const values = toFloat32(await read(scales), scales.dtype.toLowerCase() as FloatDtype);
  requireScales(file, scales.name, values);
  const [out] = shape;
  const grid = new Float32Array(2 * out * groups);
  for (let row = 0; row < out; row++) {
    for (let index = 0; index < groups; index++) {
      const at = 2 * (row * groups + index);
      grid[at] = values[index * out + row]!;
      grid[at + 1] = zeros[index * out + row]!;
    }
  }
  const words = new Uint32Array((await read(module.codes)).buffer);
  return { shape, group, groups, codes: transposed(words, shape[1] / 8, out), grid };
}

/** Words [rows, columns] → the bytes of [columns, rows]. */
export function transposed(words: Uint32Array, rows: number, columns: number): Uint8Array<ArrayBuffer> {
  const turned = new Uint32Array(words.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = words[row * columns + column]!;
  return new Uint8Array(turned.buffer);
}

/** Zero points 0…15, [groups, out]. */
function zerosOf(module: GptqModule, words: Uint32Array): Uint8Array {
  const { scheme } = module;
  if (scheme.symmetric) return symmetricZeros(module, words);
  if (scheme.zeros === 'v2') return nibblesOf(words);
  if (!scheme.wholeWords && nibblesOf(words).includes(15)) throw unclear(module);
  // As GPTQModel has it; without a zero point 0 there is no carry, and it is 1 for each of them.
  return nibblesOf(words.map((word) => word + 0x11111111));
}

/** Whatever version config.json names: 7 is 8 as v1 stores it, and as v2 it is not symmetric. */
function symmetricZeros({ file, zeros, module }: GptqModule, words: Uint32Array): Uint8Array {
  const [first] = words;
  const known = first === 0x77777777 || first === 0x88888888;
  if (known && words.every((word) => word === first)) return new Uint8Array(words.length * 8).fill(8);
  throw mismatch(
    file,
    `${zeros.name} has other zero points than 8, but config.json says that ${module} is symmetric (sym)`,
  );
}

function nibblesOf(words: Uint32Array): Uint8Array {
  return Uint8Array.from({ length: words.length * 8 }, (_, i) => (words[i >> 3]! >>> (4 * (i & 7))) & 15);
}

/** desc_act leaves the groups in the order of the activations: no grid of consecutive inputs can say that. */
function requireInOrder(file: string, { name }: TensorEntry, order: Int32Array, group: number): void {
  const moved = order.findIndex((index, input) => index !== Math.floor(input / group));
  if (moved < 0) return;
  throw new PareError(
    'quantization-unsupported',
    `${file}: ${name} puts input ${moved} into group ${order[moved]}: the groups follow the activations (desc_act).`,
    'Quantize the float model again with desc_act false (or static groups), or open the float model itself.',
    { field: name },
  );
}

/** Older packers write a bias for every module. */
function requireNothing(file: string, { name, dtype }: TensorEntry, bytes: Uint8Array<ArrayBuffer>): void {
  if (toFloat32(bytes, dtype.toLowerCase() as FloatDtype).every((value) => value === 0)) return;
  throw mismatch(file, `${name} is not zero, but the model of config.json has no such bias`);
}

function requireForm(
  { name, dtype, shape }: TensorEntry,
  dtypes: readonly SafetensorsDtype[],
  expected: readonly number[],
  file: string,
): void {
  if (!dtypes.includes(dtype)) throw mismatch(file, `${name} is ${dtype}, but should be ${dtypes.join('/')}`);
  if (shape.length === expected.length && shape.every((extent, i) => extent === expected[i])) return;
  throw mismatch(
    file,
    `${name} is [${shape.join(', ')}], but config.json makes it [${expected.join(', ')}] (GPTQ, 4 bits)`,
  );
}

function requireInBlock(module: string, blocks: string, file: string): void {
  if (module.startsWith(`${blocks}.`)) return;
  throw new PareError(
    'quantization-unsupported',
    `${file}: ${module} is quantized; Pare reads INT4 in the linear modules of the blocks.`,
    'Quantize the float model again with lm_head false, or open the float model itself.',
    { module },
  );
}

function unstated(module: string, file: string): PareError {
  return new PareError(
    'quantization-unsupported',
    `${file}: ${module} is quantized (qweight), but config.json has no quantization_config with quant_method "gptq".`,
    'Use the config.json that came with these weights. In old ones, copy quantize_config.json into it as quantization_config, with "quant_method": "gptq".',
    { field: 'quantization_config', module },
  );
}

function unclear({ file, zeros }: GptqModule): PareError {
  return new PareError(
    'quantization-unsupported',
    `${file}: ${zeros.name} holds a zero point 0, which GPTQ v1 has no form for: packers differ in what they leave there. Or its zero points are those of v2, and config.json says v1.`,
    'If the file was made as gptq_v2, say so in config.json (quantization_config.checkpoint_format); else save it again as gptq_v2 with the library that made it, or open the float model.',
    { field: zeros.name },
  );
}

function mismatch(file: string, problem: string): PareError {
  return new PareError(
    'quantization-mismatch',
    `${file}: ${problem}.`,
    'Check that config.json belongs to these weights; else quantize the float model again, or open it itself.',
  );
}
