import type { Store } from '../backends/backend.ts';
import { findNonFinite } from '../formats/finite.ts';
import type { ModelFingerprint, ModelFolder } from '../formats/model-folder.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { countZeroCodes, countZeros } from '../formats/zeros.ts';
import { sizeOf, type Shape, type TensorSpec } from '../graph/tensor.ts';
import { PareError } from '../lib/assert.ts';
import type { FloatDtype } from '../lib/half.ts';
import { codesName, gridName } from './elastic.ts';
import { ropeNames, ropeTables, rotaryDims } from './rope.ts';

export interface LoadedWeights extends ModelFingerprint {
  /** Share of exact zeros among the weights of the blocks' linear modules. */
  readonly sparsity: number;
}

/**
 * Streams every tensor from its file into the store, one at a time, and hashes it on the way; refuses weights that
 * are not numbers, and a device without room for them. An INT4 module becomes codes and a grid.
 */
export async function loadWeights(
  folder: Pick<ModelFolder, 'config' | 'fingerprint' | 'tensors' | 'quantized'>,
  store: Store,
  onProgress?: (done: number, total: number) => void,
): Promise<LoadedWeights> {
  let done = 0;
  const counted = { weights: 0, zeros: 0 };
  const total = folder.tensors.size + folder.quantized.size;
  const fingerprint = await folder.fingerprint({
    tensor(name, { dtype, shape, bytes }) {
      requireFinite(name, bytes, dtype);
      put(store, name, { dtype, shape }, bytes);
      if (isBlockWeight(folder.config, name, shape)) {
        counted.weights += sizeOf(shape);
        counted.zeros += countZeros(bytes, dtype);
      }
      onProgress?.(++done, total);
    },
    quantized(module, weight) {
      const { shape, groups, codes, grid } = weight;
      put(store, codesName(module), { dtype: 'i4', shape }, codes);
      put(store, gridName(module), { dtype: 'f32', shape: [shape[0], 2 * groups] }, grid);
      counted.weights += sizeOf(shape);
      counted.zeros += countZeroCodes(weight);
      onProgress?.(++done, total);
    },
  });
  await store.settled();
  return { ...fingerprint, sparsity: counted.zeros / Math.max(1, counted.weights) };
}

function put(store: Store, name: string, spec: TensorSpec, bytes: ArrayBufferView<ArrayBuffer>): void {
  store.allocate(name, spec);
  store.write(name, bytes);
}

/** All matrices of a block are linear modules. */
const isBlockWeight = ({ names }: ModelConfig, name: string, shape: Shape) =>
  name.startsWith(`${names.blocks}.`) && shape.length === 2;

/** Refuses weights that are not numbers. */
export function requireFinite(name: string, bytes: Uint8Array<ArrayBuffer>, dtype: FloatDtype): void {
  const bad = findNonFinite(bytes, dtype);
  if (bad < 0) return;
  throw new PareError(
    'not-finite',
    `${name} holds a value that is not a finite number, at element ${bad}.`,
    'The checkpoint is damaged or its training diverged. Use another one.',
  );
}

/**
 * Puts rotary tables of at least `positions` rows into the store; returns how many they have, a power of two, so that
 * there are few. Each size has tables of its own: a program keeps those that it was compiled for when a longer one is
 * asked for.
 */
export function ensureRope(store: Store, config: ModelConfig, positions: number): number {
  const rows = 2 ** Math.ceil(Math.log2(positions));
  const names = ropeNames(rows);
  const dims = rotaryDims(config);
  if (store.has(names.cos) || dims === 0) return rows;
  const tables = ropeTables(config, rows);
  for (const kind of ['cos', 'sin'] as const) {
    store.allocate(names[kind], { dtype: 'f32', shape: [rows, dims / 2] });
    store.write(names[kind], tables[kind]);
  }
  return rows;
}
