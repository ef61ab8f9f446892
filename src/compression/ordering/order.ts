import type { Store } from '../../backends/backend.ts';
import type { ModelConfig } from '../../formats/model-config.ts';
import { toFloat32, type FloatDtype } from '../../lib/half.ts';

/** Bytes of one weight. */
const widthOf = (dtype: string) => (dtype === 'f32' ? 4 : 2);

/**
 * Importance of every FFN channel of a block, Wanda-style: Σ |W|·‖X‖ over the weights that the channel owns in gate,
 * up (rows) and down (columns). `squares` is Σ x² of each module's input columns (METHODS §2, mode B).
 */
export async function channelImportance(
  store: Store,
  layer: number,
  squares: ReadonlyMap<string, Float32Array>,
): Promise<Float64Array> {
  const prefix = `model.layers.${layer}.mlp`;
  const importance = new Float64Array(store.spec(`${prefix}.gate_proj.weight`).shape[0]!);
  for (const module of [`${prefix}.gate_proj`, `${prefix}.up_proj`, `${prefix}.down_proj`]) {
    const { dtype, shape } = store.spec(`${module}.weight`);
    const weight = toFloat32(await store.read(`${module}.weight`), dtype as FloatDtype);
    const norms = Float64Array.from(squares.get(module)!, Math.sqrt);
    const [rows, columns] = shape as [number, number];
    const byColumn = module.endsWith('down_proj');
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        importance[byColumn ? column : row]! += Math.abs(weight[row * columns + column]!) * norms[column]!;
      }
    }
  }
  return importance;
}

/** Channels by falling importance; ties keep their order. */
export function descendingOrder(importance: Float64Array): number[] {
  return [...importance.keys()].sort((a, b) => importance[b]! - importance[a]! || a - b);
}

/**
 * Re-labels the FFN channels of a block: new channel i is old channel `order[i]`. Rows of gate and up (biases too) and
 * columns of down move together, so the block computes what it did; only the prefix now holds the chosen ones.
 */
export async function permuteChannels(
  store: Store,
  config: ModelConfig,
  layer: number,
  order: readonly number[],
): Promise<void> {
  const prefix = `model.layers.${layer}.mlp`;
  for (const module of ['gate_proj', 'up_proj']) {
    await rewrite(store, `${prefix}.${module}.weight`, (bytes, [rows, columns], width) =>
      permuteRows(bytes, rows!, columns! * width, order),
    );
    if (config.mlpBias)
      await rewrite(store, `${prefix}.${module}.bias`, (bytes, [rows], width) =>
        permuteRows(bytes, rows!, width, order),
      );
  }
  await rewrite(store, `${prefix}.down_proj.weight`, (bytes, [rows, columns], width) => {
    const moved = new Uint8Array(bytes.length);
    for (let row = 0; row < rows!; row++) {
      const part = bytes.subarray(row * columns! * width, (row + 1) * columns! * width);
      moved.set(permuteRows(part, columns!, width, order), row * columns! * width);
    }
    return moved;
  });
}

/** The order that undoes `order`. */
export function inverseOrder(order: readonly number[]): number[] {
  const inverse = Array.from<number>({ length: order.length });
  order.forEach((from, to) => (inverse[from] = to));
  return inverse;
}

async function rewrite(
  store: Store,
  name: string,
  change: (
    bytes: Uint8Array<ArrayBuffer>,
    shape: readonly number[],
    width: number,
  ) => Uint8Array<ArrayBuffer>,
): Promise<void> {
  const { dtype, shape } = store.spec(name);
  store.write(name, change(await store.read(name), shape, widthOf(dtype)));
}

function permuteRows(
  bytes: Uint8Array<ArrayBuffer>,
  rows: number,
  stride: number,
  order: readonly number[],
): Uint8Array<ArrayBuffer> {
  const moved = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row++)
    moved.set(bytes.subarray(order[row]! * stride, (order[row]! + 1) * stride), row * stride);
  return moved;
}
