import { Kept } from '../compression/merging/extent.ts';
import { finishedCodes } from '../compression/merging/materialize.ts';
import { dequantize, dequantized } from '../compression/quantization/dequantize.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { floatBytes, fromFloat32, toFloat32, type FloatDtype } from '../lib/half.ts';
import { codesName, maskName, moduleShape } from '../models/elastic.ts';
import { structureOf } from '../models/structure.ts';
import type { Runnable } from '../models/runnable.ts';

/** Largest |difference| of two models' logits over the largest |logit|. */
export async function largestError(
  trained: Runnable,
  shipped: Runnable,
  examples: readonly (readonly number[])[],
): Promise<number> {
  let error = 0;
  let scale = 0;
  for (const ids of examples) {
    const [ours, theirs] = [await logitsOf(trained, ids), await logitsOf(shipped, ids)];
    for (const [position, row] of ours.entries()) {
      for (const [token, logit] of row.entries()) {
        const difference = Math.abs(logit - theirs[position]![token]!);
        // Unlike Math.max, so that NaN is never passed over.
        if (!(difference <= error)) error = difference;
        if (Number.isNaN(error)) return error;
        scale = Math.max(scale, Math.abs(logit));
      }
    }
  }
  return scale === 0 ? error : error / scale;
}

/** Weights under unset mask bits, those of them that are exactly zero in the file, and the file's other zeros. */
export async function countZeros(network: Runnable, shipped: Runnable) {
  const counts = { maskedWeights: 0, maskedZeros: 0, otherZeros: 0 };
  const kept = new Kept(network);
  for (const module of network.masked) {
    const renamed = kept.rename(module);
    if (renamed === null) continue;
    const [, wholeColumns] = moduleShape(network, module);
    const words = Math.ceil(wholeColumns / 32);
    const mask = new Uint32Array((await network.store.read(maskName(module))).buffer);
    const weight = await weightOf(shipped, renamed);
    const [, columns] = moduleShape(shipped, renamed);
    const extent = kept.extent(module);
    for (let row = 0; row < extent.rows; row++) {
      for (let column = 0; column < extent.columns; column++) {
        const zero = weight[row * columns + column] === 0;
        const masked = ((mask[row * words + (column >>> 5)]! >>> (column & 31)) & 1) === 0;
        if (masked) counts.maskedWeights++;
        if (masked && zero) counts.maskedZeros++;
        if (!masked && zero) counts.otherZeros++;
      }
    }
  }
  return counts;
}

/** A module's weight as float32, [out, in]. */
export async function weightOf({ store, quantized }: Runnable, module: string): Promise<Float32Array> {
  if (quantized.has(module)) return dequantize(store, module);
  const { dtype, shape } = floatSpec(store, module);
  const bytes = await store.read(`${module}.weight`);
  return toFloat32(bytes.slice(0, shape[0]! * shape[1]! * floatBytes[dtype]), dtype);
}

function floatSpec(store: Runnable['store'], module: string) {
  const { dtype, shape } = store.spec(`${module}.weight`);
  return { dtype: dtype as FloatDtype, shape };
}

export interface ComparedCodes {
  readonly compared: number;
  readonly equal: number;
  /** Some modules came back as floats: each weight is compared with the one that its code means, in that dtype. */
  readonly inFloats: boolean;
  /** No such weight was rounded. */
  readonly exact: boolean;
}

/** INT4 modules as trained against those read back; null where there are none. */
export async function compareCodes(network: Runnable, shipped: Runnable): Promise<ComparedCodes | null> {
  const modules = finishedCodes(network);
  if (modules.length === 0) return null;
  const kept = new Kept(network);
  const result = { compared: 0, equal: 0, inFloats: false, exact: true };
  for (const { module, shape, groups, codes, grid } of modules) {
    const renamed = kept.rename(module);
    if (renamed === null) continue;
    const ours = await codes();
    result.compared += shape[0] * shape[1];
    if (shipped.quantized.has(renamed)) {
      result.equal += equalCodes(ours, await shipped.store.read(codesName(renamed)), shape);
      continue;
    }
    const words = new Uint32Array(ours.buffer, ours.byteOffset, ours.length / 4);
    const meant = dequantized({ shape, groups, words, grid: await grid() });
    const found = await weightOf(shipped, renamed);
    const { dtype } = floatSpec(shipped.store, renamed);
    const rounded = toFloat32(fromFloat32(meant, dtype), dtype);
    result.inFloats = true;
    for (const [index, weight] of found.entries()) {
      if (weight === rounded[index]) result.equal++;
      if (weight !== meant[index]) result.exact = false;
    }
  }
  return result;
}

function equalCodes(
  ours: Uint8Array,
  theirs: Uint8Array,
  [rows, columns]: readonly [number, number],
): number {
  const stride = Math.ceil(columns / 8) * 4;
  let equal = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * stride + (column >> 1);
      const shift = (column & 1) * 4;
      if (((ours[at]! >> shift) & 15) === ((theirs[at]! >> shift) & 15)) equal++;
    }
  }
  return equal;
}

/** Half a unit in the last place, relative, of what ships. */
export const roundoff: Record<FloatDtype, number> = { f32: 2 ** -24, f16: 2 ** -11, bf16: 2 ** -8 };

/** What the matrices of a model are stored as, its INT4 ones aside. */
export function weightDtype({ store, config }: Pick<Runnable, 'store' | 'config'>): FloatDtype {
  const names = [...structureOf(config).modules.map(({ name }) => name), config.names.embedding];
  const held = names.map((name) => `${name}.weight`).find((name) => store.has(name))!;
  return store.spec(held).dtype as FloatDtype;
}
