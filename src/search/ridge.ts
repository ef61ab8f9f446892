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
 * The cost is the cube of the number of columns or of observations, whichever is smaller.
 */
export function bayesianRidge(columns: readonly Float64Array[], target: Float64Array): RidgeFit {
  const count = target.length;
  const nothing = columns.map(() => 0);
  if (count < 2 || target.every((value) => value === 0)) return { coefficients: nothing, errors: nothing };
  const fitWith = (columns.length <= count ? inColumns : inObservations)(columns, target);
  const fits = penalties.map((penalty) => fitWith(penalty * count));
  const { coefficients, errors } = fits.reduce((a, b) => (b.evidence > a.evidence ? b : a));
  return { coefficients, errors: errors() };
}

interface Fit {
  readonly coefficients: number[];
  readonly errors: () => number[];
  /** Logarithm of the marginal likelihood, up to a constant. */
  readonly evidence: number;
}

/** By the normal equations, (XᵀX + λI) β = Xᵀy. */
function inColumns(columns: readonly Float64Array[], target: Float64Array): (lambda: number) => Fit {
  const products = gram(columns);
  const moments = Float64Array.from(columns, (column) => dot(column, target));
  const energy = dot(target, target);
  return (lambda) => {
    const factor = cholesky(products, lambda);
    const solution = backwardSolve(factor, forwardSolve(factor, moments));
    const { noise, evidence } = likelihood(factor, target.length, lambda, energy - dot(solution, moments));
    const errors = () =>
      columns.map((_, index) => {
        const unit = new Float64Array(columns.length);
        unit[index] = 1;
        const column = forwardSolve(factor, unit);
        return Math.sqrt(noise * dot(column, column));
      });
    return { coefficients: [...solution], errors, evidence };
  };
}

/** The same by observations, β = Xᵀ (XXᵀ + λI)⁻¹ y. */
function inObservations(columns: readonly Float64Array[], target: Float64Array): (lambda: number) => Fit {
  const products = gram(Array.from(target, (_, row) => Float64Array.from(columns, (column) => column[row]!)));
  return (lambda) => {
    const factor = cholesky(products, lambda);
    const weights = backwardSolve(factor, forwardSolve(factor, target));
    const { noise, evidence } = likelihood(factor, target.length, lambda, lambda * dot(target, weights));
    const errors = () =>
      columns.map((column) => {
        const explained = forwardSolve(factor, column);
        return Math.sqrt((noise / lambda) * Math.max(0, 1 - dot(explained, explained)));
      });
    return { coefficients: columns.map((column) => dot(column, weights)), errors, evidence };
  };
}

/** `misfit`: |y − Xβ|² + λ|β|². A centred target has one direction less than it has values. */
function likelihood(
  factor: readonly Float64Array[],
  count: number,
  lambda: number,
  misfit: number,
): { noise: number; evidence: number } {
  const noise = Math.max(misfit, Number.MIN_VALUE) / (count - 1);
  const logDeterminant = factor.reduce((sum, row, i) => sum + Math.log(row[i]! ** 2 / lambda), 0);
  return { noise, evidence: -((count - 1) * Math.log(noise) + logDeterminant) / 2 };
}

/** Inner products of all pairs, the lower triangle by rows. */
const gram = (vectors: readonly Float64Array[]): Float64Array[] =>
  vectors.map((vector, i) => Float64Array.from(vectors.slice(0, i + 1), (other) => dot(vector, other)));

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
