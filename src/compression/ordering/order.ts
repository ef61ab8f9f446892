import type { Store } from '../../backends/backend.ts';
import { inBlock, type BlockRole, type ModelConfig } from '../../formats/model-config.ts';
import { assert } from '../../lib/assert.ts';
import { givenA, givenB } from '../../models/elastic.ts';
import { floatBytes, toFloat32, type FloatDtype } from '../../lib/half.ts';

/**
 * What a block is cut by: FFN `channels`, or `heads`, that is KV groups: a k and a v head with the q heads that read
 * them.
 */
export type Unit = 'channels' | 'heads';

/** A model, and the orders that are in force, by `orderKey`. */
export interface Ordered {
  readonly store: Store;
  readonly config: ModelConfig;
  readonly orders: Map<string, readonly number[]>;
}

export const orderKey = (layer: number, unit: Unit) => `${layer}.${unit}`;

/** A module that a unit has rows (of its output) or columns (its input) in, `size` of them side by side. */
interface Part {
  readonly module: string;
  readonly axis: 'rows' | 'columns';
  readonly size: number;
}

function partsOf(config: ModelConfig, layer: number, unit: Unit): Part[] {
  const { heads, kvHeads, headDim, names } = config;
  const part = (role: BlockRole, axis: Part['axis'], size: number): Part[] => {
    const name = names.linear[role];
    return name === undefined ? [] : [{ module: inBlock(config, layer, name), axis, size }];
  };
  if (unit === 'channels')
    return [...part('gate', 'rows', 1), ...part('up', 'rows', 1), ...part('down', 'columns', 1)];
  const query = (heads / kvHeads) * headDim;
  return [
    ...part('q', 'rows', query),
    ...part('k', 'rows', headDim),
    ...part('v', 'rows', headDim),
    ...part('o', 'columns', query),
  ];
}

/**
 * Importance of every unit of a block, Wanda-style: Σ |W|·‖X‖ over the weights that it owns in its modules. `squares`
 * is Σ x² of each module's input columns (METHODS §2, mode B).
 */
export async function importanceOf(
  { store, config }: Pick<Ordered, 'store' | 'config'>,
  layer: number,
  unit: Unit,
  squares: ReadonlyMap<string, Float32Array>,
): Promise<Float64Array> {
  const parts = partsOf(config, layer, unit);
  const importance = new Float64Array(store.spec(`${parts[0]!.module}.weight`).shape[0]! / parts[0]!.size);
  for (const { module, axis, size } of parts) {
    const { dtype, shape } = store.spec(`${module}.weight`);
    const weight = toFloat32(await store.read(`${module}.weight`), dtype as FloatDtype);
    const norms = Float64Array.from(squares.get(module)!, Math.sqrt);
    const [rows, columns] = shape as [number, number];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const owner = Math.floor((axis === 'rows' ? row : column) / size);
        importance[owner]! += Math.abs(weight[row * columns + column]!) * norms[column]!;
      }
    }
  }
  return importance;
}

/** Units by falling importance; ties keep their order. */
export function descendingOrder(importance: Float64Array): number[] {
  return [...importance.keys()].sort((a, b) => importance[b]! - importance[a]! || a - b);
}

/**
 * Re-labels the channels or heads of a block: new unit i is old unit `order[i]`. Rows (biases too) and columns move
 * together, so the block computes what it did; only the prefix now holds the chosen ones.
 */
export async function applyOrder(
  model: Ordered,
  layer: number,
  unit: Unit,
  order: readonly number[],
): Promise<void> {
  const key = orderKey(layer, unit);
  assert(!model.orders.has(key), `the ${unit} of layer ${layer} are in the file's order`);
  const write = await permuted(model, layer, unit, order);
  write();
  model.orders.set(key, order);
}

/** Puts every unit back where the file has it. */
export async function undoOrders(model: Ordered): Promise<void> {
  for (const [key, order] of model.orders) {
    const [layer, unit] = key.split('.') as [string, Unit];
    const write = await permuted(model, Number(layer), unit, inverseOrder(order));
    write();
    model.orders.delete(key);
  }
}

/**
 * Reads and permutes all tensors of a block's units, and returns what writes them. Writing is one synchronous step,
 * together with the note of the order, so that a failure can never leave a block half permuted.
 */
async function permuted(
  { store, config }: Ordered,
  layer: number,
  unit: Unit,
  order: readonly number[],
): Promise<() => void> {
  const changed = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { module, axis, size } of partsOf(config, layer, unit)) {
    const weight = `${module}.weight`;
    const bias = `${module}.bias`;
    if (axis === 'columns') changed.set(weight, await moveColumns(store, weight, size, order));
    else changed.set(weight, await moveRows(store, weight, size, order));
    if (axis === 'rows' && store.has(bias)) changed.set(bias, await moveRows(store, bias, size, order));
    // An adapter that came with the model goes on meaning what it meant.
    const [a, b] = [givenA(module), givenB(module)];
    if (axis === 'columns' && store.has(a)) changed.set(a, await moveColumns(store, a, size, order));
    if (axis === 'rows' && store.has(b)) changed.set(b, await moveRows(store, b, size, order));
  }
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
  size: number,
  order: readonly number[],
): Promise<Uint8Array<ArrayBuffer>> {
  const { dtype, shape } = store.spec(name);
  return permute(await store.read(name), size * (shape[1] ?? 1) * floatBytes[dtype as FloatDtype], order);
}

async function moveColumns(
  store: Store,
  name: string,
  size: number,
  order: readonly number[],
): Promise<Uint8Array<ArrayBuffer>> {
  const { dtype, shape } = store.spec(name);
  const [rows, columns] = shape as [number, number];
  const width = floatBytes[dtype as FloatDtype];
  const bytes = await store.read(name);
  for (let row = 0; row < rows; row++) {
    const part = bytes.subarray(row * columns * width, (row + 1) * columns * width);
    part.set(permute(part, size * width, order));
  }
  return bytes;
}

/** Pieces of `stride` bytes, number `order[i]` coming to place i. */
function permute(
  bytes: Uint8Array<ArrayBuffer>,
  stride: number,
  order: readonly number[],
): Uint8Array<ArrayBuffer> {
  const moved = new Uint8Array(bytes.length);
  order.forEach((from, to) => moved.set(bytes.subarray(from * stride, (from + 1) * stride), to * stride));
  return moved;
}
