import type { Store } from '../../backends/backend.ts';
import type { ModelConfig } from '../../formats/model-config.ts';
import { assert } from '../../lib/assert.ts';
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

/** A model, and the channel orders that are in force, by layer. */
interface Ordered {
  readonly store: Store;
  readonly config: ModelConfig;
  readonly orders: Map<number, readonly number[]>;
}

/**
 * Re-labels the FFN channels of a block: new channel i is old channel `order[i]`. Rows of gate and up (biases too) and
 * columns of down move together, so the block computes what it did; only the prefix now holds the chosen ones.
 */
export async function applyOrder(model: Ordered, layer: number, order: readonly number[]): Promise<void> {
  assert(!model.orders.has(layer), `layer ${layer} is in the file's order`);
  const write = await permuted(model, layer, order);
  write();
  model.orders.set(layer, order);
}

/** Puts the channels of a block back where the file has them. */
export async function undoOrder(model: Ordered, layer: number): Promise<void> {
  const order = model.orders.get(layer);
  if (!order) return;
  const write = await permuted(model, layer, inverseOrder(order));
  write();
  model.orders.delete(layer);
}

/**
 * Reads and permutes all tensors of a block, and returns what writes them. Writing is one synchronous step, together
 * with the note of the order, so that a failure can never leave a block half permuted.
 */
async function permuted(
  { store, config }: Ordered,
  layer: number,
  order: readonly number[],
): Promise<() => void> {
  const prefix = `model.layers.${layer}.mlp`;
  const parts = config.mlpBias ? ['weight', 'bias'] : ['weight'];
  const byRow = ['gate_proj', 'up_proj'].flatMap((module) =>
    parts.map((part) => `${prefix}.${module}.${part}`),
  );
  const changed = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of byRow) changed.set(name, await moveRows(store, name, order));
  const down = `${prefix}.down_proj.weight`;
  changed.set(down, await moveColumns(store, down, order));
  return () => {
    for (const [name, bytes] of changed) store.write(name, bytes);
  };
}

function inverseOrder(order: readonly number[]): number[] {
  const inverse = Array.from<number>({ length: order.length });
  order.forEach((from, to) => (inverse[from] = to));
  return inverse;
}

async function moveRows(
  store: Store,
  name: string,
  order: readonly number[],
): Promise<Uint8Array<ArrayBuffer>> {
  const { dtype, shape } = store.spec(name);
  return permute(await store.read(name), (shape[1] ?? 1) * widthOf(dtype), order);
}

async function moveColumns(
  store: Store,
  name: string,
  order: readonly number[],
): Promise<Uint8Array<ArrayBuffer>> {
  const { dtype, shape } = store.spec(name);
  const [rows, columns] = shape as [number, number];
  const bytes = await store.read(name);
  const stride = columns * widthOf(dtype);
  for (let row = 0; row < rows; row++) {
    const part = bytes.subarray(row * stride, (row + 1) * stride);
    part.set(permute(part, widthOf(dtype), order));
  }
  return bytes;
}

/** Units of `stride` bytes, number `order[i]` coming to place i. */
function permute(
  bytes: Uint8Array<ArrayBuffer>,
  stride: number,
  order: readonly number[],
): Uint8Array<ArrayBuffer> {
  const moved = new Uint8Array(bytes.length);
  order.forEach((from, to) => moved.set(bytes.subarray(from * stride, (from + 1) * stride), to * stride));
  return moved;
}
