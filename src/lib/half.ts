/**
 * Half precision (IEEE binary16) and bfloat16 against float32: widening is exact, narrowing rounds to the
 * nearest, ties to even. NaN stays NaN (quiet, payload kept where it fits). Node 20 has no `Float16Array`.
 *
 * Typed arrays are little-endian here, as on every machine that runs WebGPU and as in every weight file.
 */

/** How weights are stored; arithmetic is float32. */
export type FloatDtype = 'f32' | 'f16' | 'bf16';

export const floatBytes: Readonly<Record<FloatDtype, number>> = { f32: 4, f16: 2, bf16: 2 };

const word = new Uint32Array(1);
const real = new Float32Array(word.buffer);

/** Bits of the float32 nearest to `value`. */
function bitsOf(value: number): number {
  real[0] = value;
  return word[0] as number;
}

function realOf(bits: number): number {
  word[0] = bits;
  return real[0] as number;
}

/** Float32 bits of a half-precision code. */
function widenF16(code: number): number {
  const sign = (code & 0x8000) << 16;
  const exponent = (code >>> 10) & 31;
  const fraction = code & 1023;
  if (exponent === 31) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  if (exponent > 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  // Subnormal: move the leading one to the implied place.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 1023) << 13)) >>> 0;
}

/** Half-precision code of float32 bits. */
function narrowF16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x1ff);
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 65536 and more; 65520..65535 carry into infinity below
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  if (magnitude < 0x33000000) return sign; // below half the smallest subnormal
  const shift = 126 - (magnitude >>> 23);
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const half = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (half + (rest > middle || (rest === middle && (half & 1) === 1) ? 1 : 0));
}

/** bfloat16 code of float32 bits: the upper half, rounded. */
function narrowBf16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

export function f16ToF32(code: number): number {
  return realOf(widenF16(code));
}

/** `value` is rounded to float32 first, then to half precision. */
export function f32ToF16(value: number): number {
  return narrowF16(bitsOf(value));
}

export function bf16ToF32(code: number): number {
  return realOf(code << 16);
}

/** `value` is rounded to float32 first, then to bfloat16. */
export function f32ToBf16(value: number): number {
  return narrowBf16(bitsOf(value));
}

let halfTable: Uint32Array | undefined;

/** Many half-precision codes at once, through a table of all 65,536. */
export function decodeF16(codes: Uint16Array): Float32Array<ArrayBuffer> {
  halfTable ??= Uint32Array.from({ length: 65536 }, (_, code) => widenF16(code));
  const bits = new Uint32Array(codes.length);
  for (let i = 0; i < codes.length; i++) bits[i] = halfTable[codes[i] as number] as number;
  return new Float32Array(bits.buffer);
}

export function decodeBf16(codes: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(codes.length);
  for (let i = 0; i < codes.length; i++) bits[i] = (codes[i] as number) << 16;
  return new Float32Array(bits.buffer);
}

export function encodeF16(values: Float32Array): Uint16Array<ArrayBuffer> {
  return narrowAll(values, narrowF16);
}

export function encodeBf16(values: Float32Array): Uint16Array<ArrayBuffer> {
  return narrowAll(values, narrowBf16);
}

function narrowAll(values: Float32Array, narrow: (bits: number) => number): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const codes = new Uint16Array(values.length);
  for (let i = 0; i < codes.length; i++) codes[i] = narrow(bits[i] as number);
  return codes;
}

/** Stored bytes (any alignment, a whole number of elements) as float32. Copies only where it has to. */
export function toFloat32(bytes: Uint8Array<ArrayBuffer>, dtype: FloatDtype): Float32Array<ArrayBuffer> {
  const aligned = bytes.byteOffset % floatBytes[dtype] === 0 ? bytes : bytes.slice();
  const count = bytes.byteLength / floatBytes[dtype];
  if (dtype === 'f32') return new Float32Array(aligned.buffer, aligned.byteOffset, count);
  const codes = new Uint16Array(aligned.buffer, aligned.byteOffset, count);
  return dtype === 'f16' ? decodeF16(codes) : decodeBf16(codes);
}

/** Float32 values as stored bytes; for `f32` a view of the same memory. */
export function fromFloat32(values: Float32Array<ArrayBuffer>, dtype: FloatDtype): Uint8Array<ArrayBuffer> {
  if (dtype === 'f32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return new Uint8Array((dtype === 'f16' ? encodeF16(values) : encodeBf16(values)).buffer);
}
