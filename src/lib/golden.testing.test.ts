import { expect, it } from 'vitest';
import { PareError } from './assert.ts';
import { type EncodedArray, decodeArray, decodeRows, hasShared, readSharedJson } from './golden.testing.ts';

const encode = (dtype: EncodedArray['dtype'], shape: number[], array: ArrayBufferView): EncodedArray => {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return { dtype, shape, b64: btoa(String.fromCharCode(...bytes)) };
};

it('decodes every dtype of the golden files', () => {
  expect([...decodeArray(encode('f64', [2], new Float64Array([1 / 3, -Infinity])))]).toEqual([
    1 / 3,
    -Infinity,
  ]);
  expect([...decodeArray(encode('f32', [1], new Float32Array([0.5])))]).toEqual([0.5]);
  expect([...decodeArray(encode('i32', [2], new Int32Array([-7, 8])))]).toEqual([-7, 8]);
  expect([...decodeArray(encode('u8', [2], new Uint8Array([7, 255])))]).toEqual([7, 255]);
  const halves = new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000]);
  expect([...decodeArray(encode('f16', [6], halves))]).toEqual([1, -2, 2 ** -24, 65504, Infinity, -0]);
  expect(decodeRows(encode('bits', [2, 5], new Uint8Array([0b00110001, 0b11])))).toEqual([
    [1, 0, 0, 0, 1],
    [1, 0, 0, 1, 1],
  ]);
});

it('says what is missing', () => {
  expect(hasShared('no/such/file')).toBe(false);
  expect(() => readSharedJson('no/such/file')).toThrow(PareError);
});
