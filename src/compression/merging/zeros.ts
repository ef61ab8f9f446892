import { maskName } from '../../models/elastic.ts';
import type { Runnable } from '../../models/runnable.ts';
import { activeShape } from './materialize.ts';

/** Weights of a sub-network that element masks zero: unset bits within the rows and columns that it keeps. */
export async function maskedZeros(model: Runnable): Promise<number> {
  let zeros = 0;
  for (const module of model.masked) {
    const [rows, columns] = model.store.spec(`${module}.weight`).shape as [number, number];
    const mask = new Uint32Array((await model.store.read(maskName(module))).buffer);
    const kept = activeShape(model, module, { rows, columns });
    zeros += kept.rows * kept.columns - setBits(mask, Math.ceil(columns / 32), kept);
  }
  return zeros;
}

function setBits(
  mask: Uint32Array,
  words: number,
  { rows, columns }: { rows: number; columns: number },
): number {
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
