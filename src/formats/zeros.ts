/** Counts exact zeros in stored weights. */
import { type FloatDtype, floatBytes } from '../lib/half.ts';
import type { StoredInt4 } from './model-folder.ts';

/** Elements that are 0 or −0. `bytes` holds a whole number of elements. */
export function countZeros(bytes: Uint8Array<ArrayBuffer>, dtype: FloatDtype): number {
  const aligned = bytes.byteOffset % floatBytes[dtype] === 0 ? bytes : bytes.slice();
  const count = bytes.byteLength / floatBytes[dtype];
  return dtype === 'f32'
    ? countBare(new Uint32Array(aligned.buffer, aligned.byteOffset, count), 0x7fffffff)
    : countBare(new Uint16Array(aligned.buffer, aligned.byteOffset, count), 0x7fff);
}

function countBare(codes: Uint32Array | Uint16Array, magnitude: number): number {
  let zeros = 0;
  for (let i = 0; i < codes.length; i++) if (((codes[i] as number) & magnitude) === 0) zeros++;
  return zeros;
}

/** Codes that equal the zero point of their group. */
export function countZeroCodes({ shape: [out, inputs], groups, group, codes, grid }: StoredInt4): number {
  const words = new Uint32Array(codes.buffer, codes.byteOffset, codes.byteLength / 4);
  const stride = Math.ceil(inputs / 8);
  const width = group ?? inputs;
  let zeros = 0;
  for (let row = 0; row < out; row++) {
    for (let index = 0; index < groups; index++) {
      const zero = grid[2 * (row * groups + index) + 1]!;
      const end = Math.min(inputs, (index + 1) * width);
      for (let column = index * width; column < end; column++) {
        if (((words[row * stride + (column >> 3)]! >>> (4 * (column & 7))) & 15) === zero) zeros++;
      }
    }
  }
  return zeros;
}
