/**
 * The upper triangle of a symmetric or triangular matrix in float64: row i holds columns i … n − 1, so that what is to
 * the right of a column is consecutive in every row.
 */
export type UpperRows = readonly Float64Array[];

/** Called now and then with the multiply–accumulates done since; it may wait, or throw to stop. */
export type Pause = (work: number) => Promise<void>;

/** Columns whose sums over the columns to the right of them are made together, while a row is in the cache. */
const panel = 32;

/**
 * U with H⁻¹ = Uᵀ·U, the factor that GPTQ compensates errors with, in place of H; false where H is not positive
 * definite, and then H is spoilt. The inverse is never formed: H = R·Rᵀ with R upper triangular is a Cholesky
 * factorization from the last column to the first, and U = R⁻¹. Together n³/3 multiply–accumulates.
 */
export async function factorInverse(h: UpperRows, pause: Pause): Promise<boolean> {
  const n = h.length;
  for (let end = n; end > 0; end -= panel) {
    const begin = Math.max(0, end - panel);
    subtractRight(h, begin, end);
    if (!factorPanel(h, begin, end)) return false;
    await pause((end * (end - begin) * (2 * n - begin - end)) / 2);
  }
  for (let i = n - 1; i >= 0; i--) {
    invertRow(h, i);
    if (i % panel === 0) await pause((panel * (n - i) ** 2) / 2);
  }
  return true;
}

/** H_ji −= Σ R_jk·R_ik over k ≥ end, for columns i of the panel and j ≤ i: two rows by two at a time. */
function subtractRight(r: UpperRows, begin: number, end: number): void {
  if (end === r.length) return;
  for (let j = 0; j < end; j += 2) {
    for (let i = Math.max(begin, j); i < end; i += 2) subtractFour(r, j, i, end);
  }
}

/** The same for rows j, j + 1 and columns i, i + 1, as far as they are there; all four share what is loaded. */
function subtractFour(r: UpperRows, j: number, i: number, end: number): void {
  const a0 = r[j]!;
  const b0 = r[i]!;
  const a1 = j + 1 < end ? r[j + 1]! : a0;
  const b1 = i + 1 < end ? r[i + 1]! : b0;
  const count = r.length - end;
  const [atA0, atA1] = [a0.length - count, a1.length - count];
  const [atB0, atB1] = [b0.length - count, b1.length - count];
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  for (let k = 0; k < count; k++) {
    const x0 = a0[atA0 + k]!;
    const x1 = a1[atA1 + k]!;
    const y0 = b0[atB0 + k]!;
    const y1 = b1[atB1 + k]!;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s10 += x1 * y0;
    s11 += x1 * y1;
  }
  a0[i - j]! -= s00;
  if (i + 1 < end) a0[i + 1 - j]! -= s01;
  if (j + 1 < end && j + 1 <= i) a1[i - j - 1]! -= s10;
  if (j + 1 < end && i + 1 < end) a1[i - j]! -= s11;
}

function factorPanel(r: UpperRows, begin: number, end: number): boolean {
  for (let i = end - 1; i >= begin; i--) {
    const own = r[i]!;
    for (let j = i; j >= 0; j--) {
      const row = r[j]!;
      let sum = row[i - j]!;
      for (let k = i + 1; k < end; k++) sum -= row[k - j]! * own[k - i]!;
      if (j === i && !(sum > 0)) return false;
      row[i - j] = j === i ? Math.sqrt(sum) : sum / own[0]!;
    }
  }
  return true;
}

/** U_i = (e_i − Σ R_ik·U_k over k > i) / R_ii, where the rows below hold U already. */
function invertRow(rows: UpperRows, i: number): void {
  const own = rows[i]!;
  const r = own.slice();
  own.fill(0);
  const n = rows.length;
  let k = i + 1;
  for (; k + 3 < n; k += 4) addFour(own, i, r, rows, k);
  for (; k < n; k++) addOne(own, i, r, rows, k, n);
  for (let j = 1; j < own.length; j++) own[j]! /= -r[0]!;
  own[0] = 1 / r[0]!;
}

/** own += R_ik·U_k, up to column `end`. */
function addOne(own: Float64Array, i: number, r: Float64Array, u: UpperRows, k: number, end: number): void {
  const row = u[k]!;
  const factor = r[k - i]!;
  for (let j = k; j < end; j++) own[j - i]! += factor * row[j - k]!;
}

/** Four rows at once, so that `own` is read and written a quarter as often. */
function addFour(own: Float64Array, i: number, r: Float64Array, u: UpperRows, k: number): void {
  for (let row = k; row < k + 3; row++) addOne(own, i, r, u, row, k + 3);
  const [u0, u1, u2, u3] = [u[k]!, u[k + 1]!, u[k + 2]!, u[k + 3]!];
  const [r0, r1, r2, r3] = [r[k - i]!, r[k + 1 - i]!, r[k + 2 - i]!, r[k + 3 - i]!];
  const shift = k + 3 - i;
  for (let j = 0; j < u3.length; j++)
    own[j + shift]! += r0 * u0[j + 3]! + r1 * u1[j + 2]! + r2 * u2[j + 1]! + r3 * u3[j]!;
}
