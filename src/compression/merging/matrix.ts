/** A float matrix on the host, [rows, columns] row-major. */
export interface HostMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array<ArrayBuffer>;
}

/** The leading rows and columns. */
export function prefix({ columns: stride, data }: HostMatrix, rows: number, columns: number): HostMatrix {
  const cut = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    cut.set(data.subarray(row * stride, row * stride + columns), row * columns);
  return { rows, columns, data: cut };
}

/** Zeros below and to the right, up to the given size. */
export function pad(m: HostMatrix, rows: number, columns: number): HostMatrix {
  if (rows === m.rows && columns === m.columns) return m;
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < m.rows; row++)
    data.set(m.data.subarray(row * m.columns, (row + 1) * m.columns), row * columns);
  return { rows, columns, data };
}

/** W + s·B·A, summed in float64: the merged weight of a dense adapter (A [r, in], B [out, r]). */
export function mergeAdapter(w: HostMatrix, a: HostMatrix, b: HostMatrix, scale: number): HostMatrix {
  const data = new Float32Array(w.data.length);
  const row = new Float64Array(w.columns);
  for (let i = 0; i < w.rows; i++) {
    row.fill(0);
    for (let k = 0; k < a.rows; k++) {
      const factor = b.data[i * b.columns + k]!;
      for (let j = 0; j < w.columns; j++) row[j]! += factor * a.data[k * a.columns + j]!;
    }
    for (let j = 0; j < w.columns; j++)
      data[i * w.columns + j] = w.data[i * w.columns + j]! + scale * row[j]!;
  }
  return { rows: w.rows, columns: w.columns, data };
}

/** Zeros where the bit mask (rows padded to 32-bit words) has no bit. */
export function applyMask(w: HostMatrix, mask: Uint32Array): HostMatrix {
  const words = Math.ceil(w.columns / 32);
  const data = w.data.map((value, i) => {
    const column = i % w.columns;
    const word = mask[Math.floor(i / w.columns) * words + (column >>> 5)]!;
    return (word >>> (column & 31)) & 1 ? value : 0;
  });
  return { ...w, data };
}
