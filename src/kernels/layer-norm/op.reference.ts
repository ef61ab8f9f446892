import type { HostTensor } from '../../graph/op.ts';
import type { LayerNormAttributes } from './op.ts';

type Inputs = readonly (HostTensor | null)[];

export function layerNormReference(
  [x, w, b]: Inputs,
  [y]: readonly HostTensor[],
  { epsilon }: LayerNormAttributes,
): void {
  const n = w!.data.length;
  for (let row = 0; row < x!.data.length; row += n) {
    const { normed } = standardized(x!, row, n, epsilon);
    normed.forEach((z, i) => (y!.data[row + i] = z * w!.data[i]! + (b?.data[i] ?? 0)));
  }
}

export function layerNormBackwardReference(
  [x, w, dy]: Inputs,
  [dx]: readonly HostTensor[],
  { epsilon }: LayerNormAttributes,
): void {
  const n = w!.data.length;
  for (let row = 0; row < x!.data.length; row += n) {
    const { normed, inverse } = standardized(x!, row, n, epsilon);
    const pull = normed.map((_, i) => dy!.data[row + i]! * w!.data[i]!);
    const level = mean(pull);
    const along = mean(pull.map((g, i) => g * normed[i]!));
    pull.forEach((g, i) => (dx!.data[row + i] = (g - level - normed[i]! * along) * inverse));
  }
}

/** (x − mean)/s of a row, and 1/s, s² = var + ε. */
function standardized(x: HostTensor, begin: number, n: number, epsilon: number) {
  const row = Array.from(x.data.subarray(begin, begin + n));
  const middle = mean(row);
  const inverse = 1 / Math.sqrt(mean(row.map((value) => (value - middle) ** 2)) + epsilon);
  return { normed: row.map((value) => (value - middle) * inverse), inverse };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
