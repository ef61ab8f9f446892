import { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import { openData } from '../../src/datasets/parse.ts';
import { RunControl } from '../../src/recipes/control.ts';
import { runToEnd, searchHere } from '../../src/recipes/engine.ts';
import type { Exportable } from '../../src/recipes/exported-model.ts';
import { readData } from '../../src/recipes/loaded-data.ts';
import { loadModel } from '../../src/recipes/model.ts';
import { presets } from '../../src/recipes/presets.ts';
import { fewProblems, tinyModel } from '../../src/recipes/tiny-model.testing.ts';
import type { Method, Recipe } from '../../src/session/recipe.ts';

/** Four KV groups of two q heads, three blocks: all that can be cut. Groups of 32 fit. */
const shape = {
  hidden_size: 32,
  intermediate_size: 64,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  num_hidden_layers: 3,
};

/** What clients are asked about. */
export const ids = [2, 11, 25, 39, 54, 63, 8, 19];

/** A tiny model after a run of the method's own recipe. */
export async function finishedRun(method: Method): Promise<Exportable> {
  const finished = await runToEnd({
    recipe: tiny(method),
    model: await loadModel(new CpuBackend(), await tinyModel(shape)),
    data: readData(await openData(fewProblems(12))),
    control: new RunControl(),
    search: searchHere,
    onEvent: () => {},
  });
  return finished!;
}

/** A recipe as it ships, but for its sizes. */
function tiny(method: Method): Recipe {
  const recipe = presets[method].recipe('exact');
  return {
    ...recipe,
    split: { validation: 2, test: 2 },
    adapter: { ...recipe.adapter, rank: 4, alpha: 8 },
    sparsity: recipe.sparsity && { ...recipe.sparsity, calibration: 4 },
    quantization: recipe.quantization && { ...recipe.quantization, group: 32, calibration: 4 },
    training: { ...recipe.training, steps: 1, batch: 2 },
    search: recipe.search && { ...recipe.search, evaluations: 2, population: 2 },
    baseline: false,
  };
}
