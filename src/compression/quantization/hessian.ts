import type { Tensor, TensorSpec } from '../../graph/tensor.ts';
import { matmulInto } from '../../kernels/ops.ts';
import { PareError } from '../../lib/assert.ts';
import type { BaseForm } from '../../models/elastic.ts';
import { scratchName, type BlockWalk, type Calibration } from '../pruning/block-walk.ts';
import { factorInverse, type Pause } from './cholesky.ts';

/** Σ x·xᵀ, and then the factor, of an input that is so wide. */
export const hessianSpec = (columns: number): TensorSpec => ({ dtype: 'f32', shape: [columns, columns] });

/**
 * Leaves Σ x·xᵀ over the real positions of every batch in the store, f32 [in, in], for the inputs of these modules of
 * a block. Modules with the same input (q, k and v; gate and up) share one. Returns the modules by its name.
 */
export async function measureHessians(
  { store }: Calibration,
  walk: BlockWalk,
  layer: number,
  modules: readonly string[],
  base: BaseForm,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  await walk.observe(layer, base, (graph, { batch, length }) => {
    const real = graph.input('real', 'i32', [batch * length, 1]);
    const names = new Map<Tensor, string>();
    return (module, input) => {
      if (!modules.includes(module)) return;
      const known = names.get(input);
      const name = known ?? scratchName(`hessian.${module}`);
      found.set(name, [...new Set([...(found.get(name) ?? []), module])]);
      if (known) return;
      names.set(input, name);
      const spec = hessianSpec(input.shape.at(-1)!);
      store.allocate(name, spec);
      const sums = graph.stored(name, spec.dtype, spec.shape);
      graph.apply(matmulInto, [input, input, sums, null, real, null], {
        orientation: 'tn',
        scale: 1,
        innerLimit: 0,
        outerLimit: null,
        rowsPerSequence: 1,
      });
    };
  });
  return found;
}

/** The damping, and beyond which it is given up: such activations are not numbers. */
const mostDamping = 1e4;

/**
 * Makes of the sums Σ x·xᵀ [in, in] the factor U that the GPTQ kernels take: H = 2/N·Σ x·xᵀ, plus `damping` of the mean
 * diagonal on the diagonal, H⁻¹ = Uᵀ·U. An input that was always zero has H_jj = 1 and is marked by U_jj = 0. Where H is
 * not positive definite in spite of the damping, the damping grows.
 *
 * On the host in float64: 0.4 to 0.5 billion multiply–accumulates a second on a core of the (shared, two-core) machine
 * that this was measured on, so 0.15 s for 576 inputs, 2.3 s for 1,536, 5.4 s for 2,048. On the device it would be
 * faster from about a thousand inputs, but in float32, which does not always survive a damping of 1 %.
 */
export async function inverseHessianFactor(
  sums: Float32Array,
  size: number,
  sequences: number,
  damping: number,
  pause: Pause,
): Promise<Float64Array[]> {
  for (let share = damping; share <= mostDamping; share = Math.max(10 * share, 0.01)) {
    const { rows, dead } = damped(sums, size, 2 / sequences, share);
    if (!(await factorInverse(rows, pause))) continue;
    for (const column of dead) rows[column]![0] = 0;
    return rows;
  }
  throw new PareError(
    'calibration-not-finite',
    'The activations that calibration measured are not finite numbers.',
    'Quantize with round-to-nearest, which needs no calibration, or check the weights of the model.',
  );
}

/** The upper triangle of the damped Hessian, and the columns of inputs that were always zero. */
function damped(sums: Float32Array, size: number, scale: number, share: number) {
  const rows = Array.from({ length: size }, (_, i) =>
    Float64Array.from(sums.subarray(i * size + i, (i + 1) * size), (sum) => scale * sum),
  );
  const dead = rows.flatMap((row, column) => (row[0] === 0 ? [column] : []));
  for (const column of dead) rows[column]![0] = 1;
  const mean = rows.reduce((sum, row) => sum + row[0]!, 0) / size;
  for (const row of rows) row[0]! += share * mean;
  return { rows, dead };
}
