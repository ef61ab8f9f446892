import { describe, expect, it } from 'vitest';
import { logitsOf } from '../../src/evaluation/logits.ts';
import { gguf } from '../../src/exporters/gguf.ts';
import { exportedModel } from '../../src/recipes/exported-model.ts';
import { subNetworkModel } from '../../src/recipes/trained.ts';
import type { Method } from '../../src/session/recipe.ts';
import { perplexity } from './compare.ts';
import { hasLlama, LlamaDecoder } from './llama.ts';
import { finishedRun, ids } from './runs.ts';
import { written } from './written.ts';

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

describe.skipIf(!hasLlama)('llama.cpp on finished runs', () => {
  for (const [method, { what, bound, adapter }] of Object.entries(cases) as [Method, Case][]) {
    it(`${method}: ${what}`, async () => {
      const finished = await finishedRun(method);
      const exported = exportedModel(finished, gguf);
      expect((await gguf.check(exported)).refused).toBeNull();
      const files = await gguf.files(exported, '');
      const [main, lora] = files.map(({ name }) => name).filter((name) => name.endsWith('.gguf'));
      expect(lora !== undefined).toBe(adapter ?? false);
      const folder = await written(files);
      const decoder = await LlamaDecoder.open(`${folder}/${main}`, lora && `${folder}/${lora}`);
      const expected = await logitsOf(
        subNetworkModel(finished.run.model, finished.trained, finished.genome),
        ids,
      );
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
