import { unpackNibbles } from '../../lib/nibbles.ts';
import { groupShift } from '../../kernels/int4.ts';
import { maskName, moduleShape } from '../../models/elastic.ts';
import type { Runnable } from '../../models/runnable.ts';
import { Kept, type Extent } from './extent.ts';
import { finishedCodes, type FinishedCodes } from './materialize.ts';

/**
 * Weights of a sub-network that are zero as it ships, because a mask or a code says so: unset bits within the rows and
 * columns that it keeps, and codes equal to their zero point.
 */
export async function shippedZeros(model: Runnable): Promise<number> {
  const kept = new Kept(model);
  let zeros = 0;
  for (const module of model.masked) {
    if (model.quantized.has(module) || kept.rename(module) === null) continue;
    const mask = new Uint32Array((await model.store.read(maskName(module))).buffer);
    const [, columns] = moduleShape(model, module);
    const extent = kept.extent(module);
    zeros += extent.rows * extent.columns - setBits(mask, Math.ceil(columns / 32), extent);
  }
  for (const codes of finishedCodes(model)) zeros += await zeroCodes(codes);
  return zeros;
}

/** Codes that stand for an exact zero. */
async function zeroCodes({ shape: [, columns], groups, codes, grid }: FinishedCodes): Promise<number> {
  const [unpacked, pairs] = [unpackNibbles(await codes(), columns), await grid()];
  const shift = groupShift(columns, groups);
  let zeros = 0;
  for (const [index, code] of unpacked.entries()) {
    const row = Math.floor(index / columns);
    const group = (index - row * columns) >> shift;
    if (code === pairs[(row * groups + group) * 2 + 1]) zeros++;
  }
  return zeros;
}

function setBits(mask: Uint32Array, words: number, { rows, columns }: Extent): number {
  let count = 0;
  for (let row = 0; row < rows; row++) {
    for (let word = 0; word * 32 < columns; word++) {
      const room = columns - word * 32;
      const bits = mask[row * words + word]! & (room >= 32 ? 0xffffffff : 2 ** room - 1);
      count += popCount(bits);
    }
  }
  return count;
}

function popCount(bits: number): number {
  let value = bits - ((bits >>> 1) & 0x55555555);
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
  return Math.imul((value + (value >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
