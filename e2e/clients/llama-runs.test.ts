import { beforeAll, describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import { openData } from '../../src/datasets/parse.ts';
import { logitsOf } from '../../src/evaluation/logits.ts';
import { gguf } from '../../src/exporters/gguf.ts';
import { RunControl } from '../../src/recipes/control.ts';
import { runToEnd, searchHere } from '../../src/recipes/engine.ts';
import { exportedModel } from '../../src/recipes/exported-model.ts';
import { readData, type LoadedData } from '../../src/recipes/loaded-data.ts';
import { loadModel } from '../../src/recipes/model.ts';
import { presets } from '../../src/recipes/presets.ts';
import { fewProblems, tinyModel } from '../../src/recipes/tiny-model.testing.ts';
import { subNetworkModel } from '../../src/recipes/trained.ts';
import type { Method, Recipe } from '../../src/session/recipe.ts';
import { perplexity } from './compare.ts';
import { hasLlama, LlamaDecoder } from './llama.ts';
import { written } from './written.ts';

const shape = {
  hidden_size: 32,
  intermediate_size: 64,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  num_hidden_layers: 3,
};

interface Case {
  readonly what: string;
  /** Largest difference of log-probabilities: with Q4_1, llama.cpp rounds inputs to eight bits. */
  readonly bound: number;
  readonly adapter?: true;
}

const cases: Partial<Record<Method, Case>> = {
  lonas: { what: 'one width for all blocks, the others padded', bound: 1e-4 },
  shears: { what: 'a sparse base with an adapter beside it', bound: 1e-4, adapter: true },
  'sqft-qa-sparsepeft': { what: 'INT4, merged on its grid', bound: 0.3 },
};

const ids = [2, 11, 25, 39, 54, 63, 8, 19];

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

describe.skipIf(!hasLlama)('llama.cpp on finished runs', () => {
  let data: LoadedData;
  beforeAll(async () => {
    data = readData(await openData(fewProblems(12)));
  });

  for (const [method, { what, bound, adapter }] of Object.entries(cases) as [Method, Case][]) {
    it(`${method}: ${what}`, async () => {
      const model = await loadModel(new CpuBackend(), await tinyModel(shape));
      const finished = await runToEnd({
        recipe: tiny(method),
        model,
        data,
        control: new RunControl(),
        search: searchHere,
        onEvent: () => {},
      });
      const exported = exportedModel(finished!, gguf);
      expect((await gguf.check(exported)).refused).toBeNull();
      const files = await gguf.files(exported, '');
      const [main, lora] = files.map(({ name }) => name).filter((name) => name.endsWith('.gguf'));
      expect(lora !== undefined).toBe(adapter ?? false);
      const folder = await written(files);
      const decoder = await LlamaDecoder.open(`${folder}/${main}`, lora && `${folder}/${lora}`);
      const expected = await logitsOf(subNetworkModel(model, finished!.trained, finished!.genome), ids);
      const found = await decoder.predict(ids, [...ids.keys()]);
      const worst = Math.max(...expected.map((row, at) => largestDifference(found.get(at)!, row)));
      expect(worst).toBeLessThanOrEqual(bound);
      if (bound < 1e-3)
        expect(perplexity(ids, [...found.values()]) / perplexity(ids, expected)).toBeCloseTo(1, 4);
      await decoder.close();
    });
  }
});

function largestDifference(logProbabilities: Float32Array, logits: Float32Array): number {
  const top = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0)) + top;
  return logits.reduce(
    (most, logit, id) => Math.max(most, Math.abs(logProbabilities[id]! - (logit - total))),
    0,
  );
}
