import type { Store } from '../backends/backend.ts';
import { findNonFinite } from '../formats/finite.ts';
import type { ModelFingerprint, ModelFolder } from '../formats/huggingface.ts';
import type { ModelConfig } from '../formats/model-config.ts';
import { PareError } from '../lib/assert.ts';
import type { FloatDtype } from '../lib/half.ts';
import { ropeNames, ropeTables } from './rope.ts';

/**
 * Streams every tensor from its file into the store, one at a time, and hashes it on the way; refuses weights that
 * are not numbers, and a device without room for them.
 */
export async function loadWeights(
  folder: Pick<ModelFolder, 'fingerprint' | 'tensors'>,
  store: Store,
  onProgress?: (done: number, total: number) => void,
): Promise<ModelFingerprint> {
  let done = 0;
  const fingerprint = await folder.fingerprint((name, { dtype, shape, bytes }) => {
    requireFinite(name, bytes, dtype);
    store.allocate(name, { dtype, shape });
    store.write(name, bytes);
    onProgress?.(++done, folder.tensors.size);
  });
  await store.settled();
  return fingerprint;
}

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
  if (store.has(names.cos)) return rows;
  const tables = ropeTables(config, rows);
  for (const kind of ['cos', 'sin'] as const) {
    store.allocate(names[kind], { dtype: 'f32', shape: [rows, config.headDim / 2] });
    store.write(names[kind], tables[kind]);
  }
  return rows;
}
