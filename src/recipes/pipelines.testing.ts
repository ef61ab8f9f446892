import { cpu } from '../backends/cpu.testing.ts';
import type { Method, Recipe } from '../session/recipe.ts';
import { loadModel } from './model.ts';
import { presets } from './presets.ts';
import { tinyModel } from './tiny-model.testing.ts';

/** Four KV groups of two q heads, two blocks: all that can be cut. */
const shape = {
  hidden_size: 32,
  intermediate_size: 32,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  num_hidden_layers: 2,
};

/** A recipe as it ships, but for its sizes. */
export function tiny(method: Method): Recipe {
  const recipe = presets[method].recipe('exact');
  return {
    ...recipe,
    split: { validation: 4, test: 4 },
    adapter: { ...recipe.adapter, rank: 4, alpha: 8 },
    sparsity: recipe.sparsity && { ...recipe.sparsity, calibration: 4 },
    quantization: recipe.quantization && { ...recipe.quantization, group: 32, calibration: 4 },
    training: { ...recipe.training, steps: 2, batch: 2 },
    search: recipe.search && { ...recipe.search, evaluations: 4, population: 2 },
    baseline: false,
  };
}

/** A model of that shape, on the CPU. */
export const open = (changes: Record<string, unknown> = {}) =>
  tinyModel({ ...shape, ...changes }).then((files) => loadModel(cpu, files));
