import { inBlock } from '../formats/model-config.ts';
import type { TensorSpec } from '../graph/tensor.ts';
import { moduleShape, type Held } from './elastic.ts';

/** The stored KV cache of a block. */
export const cacheName = (layer: number, part: 'k' | 'v') => `cache.${layer}.${part}`;

/** What `DecoderOptions.cache` keeps in the store, for `rows` positions of all sequences together: name → spec. */
export function cacheSpecs(model: Held, rows: number): Map<string, TensorSpec> {
  const { kvHeads, headDim, layers, names } = model.config;
  const specs = new Map<string, TensorSpec>();
  for (let layer = 0; layer < layers; layer++) {
    // A finished model may keep fewer heads in one block than in another.
    const cut = names.linear.k && inBlock(model.config, layer, names.linear.k);
    const columns = cut ? moduleShape(model, cut)[0] : kvHeads * headDim;
    for (const part of ['k', 'v'] as const)
      specs.set(cacheName(layer, part), { dtype: 'f32', shape: [rows, columns] });
  }
  return specs;
}
