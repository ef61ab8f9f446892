/** Ridge regression whose penalty the data choose, with a standard error for each coefficient. */

export interface RidgeFit {
  readonly coefficients: readonly number[];
  /** Posterior standard deviation of each coefficient. */
  readonly errors: readonly number[];
}

/** Penalties tried, over the number of observations: half a decade apart, from "trust the data" to "all is noise". */
const penalties = Array.from({ length: 17 }, (_, step) => 10 ** (step / 2 - 6));

/**
 * Bayesian ridge regression: y = Xβ + noise, β ~ N(0, σ²/λ), with λ and σ² where the marginal likelihood is largest
 * (MacKay 1992, "Bayesian Interpolation"). Unlike least squares it has an answer with fewer observations than columns,
 * and its errors then say how little is known. `columns` and `target` are centred; columns have comparable scales.
 *
 * Everything is done in the space of observations (kernel XXᵀ), so the cost is their number cubed, however many columns.
 */
export function bayesianRidge(columns: readonly Float64Array[], target: Float64Array): RidgeFit {
  const count = target.length;
  const nothing = columns.map(() => 0);
  if (count < 2 || target.every((value) => value === 0)) return { coefficients: nothing, errors: nothing };
  const kernel = gram(columns, count);
  const fits = penalties.map((penalty) => fitWith(kernel, target, penalty * count));
  const { factor, weights, variance } = fits.reduce((a, b) => (b.evidence > a.evidence ? b : a));
  return {
    coefficients: columns.map((column) => dot(column, weights)),
    errors: columns.map((column) => {
      const explained = forwardSolve(factor, column);
      return Math.sqrt(variance * Math.max(0, 1 - dot(explained, explained)));
    }),
  };
}

interface Fit {
  /** Lower Cholesky factor of kernel + λI, by rows. */
  readonly factor: readonly Float64Array[];
  /** (kernel + λI)⁻¹ y */
  readonly weights: Float64Array;
  /** Of each coefficient before any data: σ²/λ. */
  readonly variance: number;
  /** Logarithm of the marginal likelihood, up to a constant. */
  readonly evidence: number;
}

function fitWith(kernel: readonly Float64Array[], target: Float64Array, lambda: number): Fit {
  const factor = cholesky(kernel, lambda);
  const weights = backwardSolve(factor, forwardSolve(factor, target));
  // A target that is centred has one direction less.
  const freedom = target.length - 1;
  const variance = Math.max(dot(target, weights), Number.MIN_VALUE) / freedom;
  const logDeterminant = factor.reduce((sum, row, i) => sum + 2 * Math.log(row[i] as number), 0);
  const logNoise = Math.log(variance) + Math.log(lambda);
  const evidence = -(freedom * logNoise + logDeterminant - target.length * Math.log(lambda)) / 2;
  return { factor, weights, variance, evidence };
}

/** XXᵀ, its lower triangle by rows. */
function gram(columns: readonly Float64Array[], count: number): Float64Array[] {
  const rows = Array.from({ length: count }, (_, i) => new Float64Array(i + 1));
  for (const column of columns) {
    rows.forEach((row, i) => {
      const factor = column[i] as number;
      for (let j = 0; j <= i; j++) row[j] = (row[j] as number) + factor * (column[j] as number);
    });
  }
  return rows;
}

/** Lower factor of `matrix + shift · I`, which the shift makes positive definite. */
function cholesky(matrix: readonly Float64Array[], shift: number): Float64Array[] {
  const factor: Float64Array[] = [];
  for (const [i, source] of matrix.entries()) {
    const row = new Float64Array(i + 1);
    factor.push(row);
    for (let j = 0; j < i; j++) {
      const other = factor[j] as Float64Array;
      row[j] = ((source[j] as number) - dot(row, other, j)) / (other[j] as number);
    }
    const rest = (source[i] as number) + shift - dot(row, row, i);
    // Rounding must not take away what the shift has added.
    row[i] = Math.sqrt(Math.max(rest, shift * 1e-6));
  }
  return factor;
}

function forwardSolve(factor: readonly Float64Array[], right: Float64Array): Float64Array {
  const solution = new Float64Array(right.length);
  for (const [i, row] of factor.entries())
    solution[i] = ((right[i] as number) - dot(row, solution, i)) / (row[i] as number);
  return solution;
}

function backwardSolve(factor: readonly Float64Array[], right: Float64Array): Float64Array {
  const solution = right.slice();
  for (let i = factor.length - 1; i >= 0; i--) {
    const row = factor[i] as Float64Array;
    const value = (solution[i] as number) / (row[i] as number);
    solution[i] = value;
    for (let j = 0; j < i; j++) solution[j] = (solution[j] as number) - value * (row[j] as number);
  }
  return solution;
}

function dot(a: Float64Array, b: Float64Array, length = a.length): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
