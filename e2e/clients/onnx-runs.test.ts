import { beforeAll, describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import { openData } from '../../src/datasets/parse.ts';
import { logitsOf } from '../../src/evaluation/logits.ts';
import type { FinishedModel } from '../../src/exporters/exporter.ts';
import { folderOf, onnx } from '../../src/exporters/onnx/exporter.ts';
import { Random } from '../../src/lib/random.ts';
import { RunControl } from '../../src/recipes/control.ts';
import { runToEnd, searchHere } from '../../src/recipes/engine.ts';
import { exportedModel } from '../../src/recipes/exported-model.ts';
import { readData, type LoadedData } from '../../src/recipes/loaded-data.ts';
import { loadModel } from '../../src/recipes/model.ts';
import { presets } from '../../src/recipes/presets.ts';
import { fewProblems, tinyModel } from '../../src/recipes/tiny-model.testing.ts';
import { subNetworkModel } from '../../src/recipes/trained.ts';
import { randomGenome } from '../../src/search/space.ts';
import type { Method, Recipe } from '../../src/session/recipe.ts';
import { argMax, expectClose, perplexity } from './compare.ts';
import { OnnxDecoder } from './onnx-session.ts';
import { continuedBy } from './transformers.ts';
import { written } from './written.ts';

/** Four KV groups of two q heads, three blocks: all that can be cut. Groups of 32 fit. */
const shape = {
  hidden_size: 32,
  intermediate_size: 64,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  num_hidden_layers: 3,
};

/** What is special about the export of each. */
const cases: Partial<Record<Method, string>> = {
  'lonas-plus': 'widths, heads and blocks by layer',
  shears: 'a sparse base with an adapter beside it',
  sqft: 'INT4 with an adapter beside it',
  'sqft-qa-sparsepeft': 'INT4, merged on its grid',
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

describe('ONNX Runtime on finished runs', () => {
  let data: LoadedData;
  beforeAll(async () => {
    data = readData(await openData(fewProblems(12)));
  });

  for (const [method, what] of Object.entries(cases) as [Method, string][]) {
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
      const { trained } = finished!;
      const random = new Random(5);
      const exports = Array.from({ length: 24 }, () => randomGenome(trained.elastic.space, random)).map(
        (genome) => ({ genome, exported: exportedModel({ ...finished!, genome }, onnx) }),
      );
      const uneven = exports.find(({ exported }) => hasUnevenBlocks(exported));
      expect(uneven !== undefined).toBe(method === 'lonas-plus');
      for (const { genome, exported } of [exports[0]!, uneven ?? exports[1]!]) {
        expect((await onnx.check(exported)).refused).toBeNull();
        const file = method.startsWith('sqft') ? 'model_q4.onnx' : 'model.onnx';
        const folder = await written(folderOf(exported, ''));
        const decoder = await OnnxDecoder.open(`${folder}/onnx/${file}`);
        const expected = await logitsOf(subNetworkModel(model, trained, genome), ids);
        const [rows] = await decoder.run([ids]);
        rows!.forEach((row, position) => expectClose(row, expected[position]!));
        expect(perplexity(ids, rows!) / perplexity(ids, expected)).toBeCloseTo(1, 4);
        decoder.reset();
        for (const [position, id] of ids.entries())
          expectClose((await decoder.run([[id]]))[0]![0]!, expected[position]!);
        const next = argMax(expected.at(-1)!);
        const [[after]] = (await decoder.run([[next]])) as [[Float32Array]];
        expect(await continuedBy(folder, ids, 2)).toEqual([...ids, next, argMax(after)]);
        await decoder.release();
      }
    });
  }
});

/** Two blocks of one model differ in width and in heads, and a third is gone. */
function hasUnevenBlocks({ structure }: FinishedModel): boolean {
  const sizes = (role: string) =>
    structure.modules.filter((module) => module.role === role).map(({ shape: [rows] }) => rows);
  return structure.layers === 2 && ['q', 'up'].every((role) => new Set(sizes(role)).size === 2);
}
