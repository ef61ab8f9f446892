/**
 * INT4 codes as they lie on the device: eight to a 32-bit word, low nibble first, each row padded to whole words. In
 * host memory a code has a number of its own.
 */

/** Bytes of a row of codes. */
const rowBytes = (columns: number) => Math.ceil(columns / 8) * 4;

/** Codes 0…15 [rows, columns] → packed bytes; padding is zero. */
export function packNibbles(codes: ArrayLike<number>, columns: number): Uint8Array<ArrayBuffer> {
  const stride = rowBytes(columns);
  const rows = columns === 0 ? 0 : codes.length / columns;
  const bytes = new Uint8Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const code = codes[row * columns + column]! & 15;
      bytes[row * stride + (column >> 1)]! |= code << ((column & 1) * 4);
    }
  }
  return bytes;
}

/** Packed bytes → codes [rows, columns]. */
export function unpackNibbles(bytes: Uint8Array, columns: number): Uint32Array<ArrayBuffer> {
  const stride = rowBytes(columns);
  const rows = stride === 0 ? 0 : Math.floor(bytes.length / stride);
  const codes = new Uint32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      codes[row * columns + column] = (bytes[row * stride + (column >> 1)]! >> ((column & 1) * 4)) & 15;
  }
  return codes;
}
