/** Looks for NaN and infinity in stored weights: the exponent bits are all ones. */
import { type FloatDtype, floatBytes } from '../lib/half.ts';

/** Index of the first element that is not finite, or −1. `bytes` holds a whole number of elements. */
export function findNonFinite(bytes: Uint8Array<ArrayBuffer>, dtype: FloatDtype): number {
  const aligned = bytes.byteOffset % floatBytes[dtype] === 0 ? bytes : bytes.slice();
  const count = bytes.byteLength / floatBytes[dtype];
  if (dtype === 'f32') {
    return findOnes(new Uint32Array(aligned.buffer, aligned.byteOffset, count), 0x7f800000);
  }
  return findOnes(
    new Uint16Array(aligned.buffer, aligned.byteOffset, count),
    dtype === 'f16' ? 0x7c00 : 0x7f80,
  );
}

function findOnes(codes: Uint32Array | Uint16Array, exponent: number): number {
  for (let i = 0; i < codes.length; i++) {
    if (((codes[i] as number) & exponent) === exponent) return i;
  }
  return -1;
}
