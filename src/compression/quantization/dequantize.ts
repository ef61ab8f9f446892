import type { Store } from '../../backends/backend.ts';
import { groupShift } from '../../kernels/int4.ts';
import { codesName, gridName } from '../../models/elastic.ts';

/** An INT4 weight in memory, as it lies on the device (`kernels/int4.ts`). */
interface HeldInt4 {
  /** [out, in]. */
  readonly shape: readonly [number, number];
  readonly groups: number;
  /** Eight codes to a word, rows padded to whole words. */
  readonly words: Uint32Array;
  /** Pairs (δ, z), [out, groups]. */
  readonly grid: Float32Array;
}

/** The weight of an INT4 module, [out, in] row-major: δ · (q − z), each product rounded once, to float32 (METHODS §6). */
export async function dequantize(store: Store, module: string): Promise<Float32Array<ArrayBuffer>> {
  return dequantized({
    shape: store.spec(codesName(module)).shape as [number, number],
    groups: store.spec(gridName(module)).shape[1]! / 2,
    words: new Uint32Array((await store.read(codesName(module))).buffer),
    grid: new Float32Array((await store.read(gridName(module))).buffer),
  });
}

/** The same, of what is in memory already. */
export function dequantized({
  shape: [out, inputs],
  groups,
  words,
  grid,
}: HeldInt4): Float32Array<ArrayBuffer> {
  const shift = groupShift(inputs, groups);
  const stride = Math.ceil(inputs / 8);
  const weight = new Float32Array(out * inputs);
  for (let row = 0; row < out; row++) {
    for (let column = 0; column < inputs; column++) {
      const at = 2 * (row * groups + (column >> shift));
      const code = (words[row * stride + (column >> 3)]! >>> (4 * (column & 7))) & 15;
      weight[row * inputs + column] = grid[at]! * (code - grid[at + 1]!);
    }
  }
  return weight;
}
