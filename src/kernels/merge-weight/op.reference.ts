import type { HostTensor } from '../../graph/op.ts';
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from '../../lib/half.ts';
import { groupShift } from '../int4.ts';
import { int4Code } from '../int4-code.ts';
import { maskBit } from '../matmul/op.reference.ts';
import type { MergeWeightAttributes } from './op.ts';

/**
 * Row by row: sums in float64, over the rank in order; their sum with W rounded once to float32, and then once to what
 * it is stored in. Where the data are float64 (gradient checks) nothing is rounded to float32.
 */
export function mergeWeightReference(
  [w, mask, a, b, limits, grid]: readonly (HostTensor | null)[],
  y: HostTensor,
  { scale, group, dtype }: MergeWeightAttributes,
): void {
  const [rows, columns] = w!.shape as [number, number];
  const rank = a!.shape[0]!;
  const active = group === null ? rank : Math.min(rank, limits!.data[group]!);
  const words = Math.ceil(columns / 32);
  const single = w!.data instanceof Float64Array ? (value: number) => value : Math.fround;
  const store = storing(dtype, grid ?? null, columns);
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (let k = 0; k < active; k++) {
      const factor = b!.data[row * rank + k]!;
      for (let column = 0; column < columns; column++)
        sums[column]! += factor * a!.data[k * columns + column]!;
    }
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const kept = !mask || maskBit(mask.data, words, row, column);
      y.data[at] = store(kept ? single(w!.data[at]! + scale * sums[column]!) : 0, row, column);
    }
  }
}

/** What becomes of a merged weight: itself, the nearest 16-bit float, or its code. */
function storing(
  dtype: MergeWeightAttributes['dtype'],
  grid: HostTensor | null,
  columns: number,
): (v: number, row: number, column: number) => number {
  if (dtype === 'f32') return (v) => v;
  if (dtype === 'f16') return (v) => f16ToF32(f32ToF16(v));
  if (dtype === 'bf16') return (v) => bf16ToF32(f32ToBf16(v));
  const { data, shape } = grid!;
  const width = shape[1]!;
  const shift = groupShift(columns, width / 2);
  return (v, row, column) => {
    const at = row * width + 2 * (column >> shift);
    return int4Code(v, data[at]!, data[at + 1]!);
  };
}
