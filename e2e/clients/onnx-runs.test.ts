import { describe, expect, it } from 'vitest';
import { logitsOf } from '../../src/evaluation/logits.ts';
import type { FinishedModel } from '../../src/exporters/exporter.ts';
import { folderOf, onnx } from '../../src/exporters/onnx/exporter.ts';
import { Random } from '../../src/lib/random.ts';
import { exportedModel } from '../../src/recipes/exported-model.ts';
import { subNetworkModel } from '../../src/recipes/trained.ts';
import { randomGenome } from '../../src/search/space.ts';
import type { Method } from '../../src/session/recipe.ts';
import { argMax, expectClose, perplexity } from './compare.ts';
import { OnnxDecoder } from './onnx-session.ts';
import { continuedBy } from './transformers.ts';
import { finishedRun, ids } from './runs.ts';
import { written } from './written.ts';

/** What is special about the export of each. */
const cases: Partial<Record<Method, string>> = {
  'lonas-plus': 'widths, heads and blocks by layer',
  shears: 'a sparse base with an adapter beside it',
  sqft: 'INT4 with an adapter beside it',
  'sqft-qa-sparsepeft': 'INT4, merged on its grid',
};

describe('ONNX Runtime on finished runs', () => {
  for (const [method, what] of Object.entries(cases) as [Method, string][]) {
    it(`${method}: ${what}`, async () => {
      const finished = await finishedRun(method);
      const { run, trained } = finished;
      const random = new Random(5);
      const exports = Array.from({ length: 24 }, () => randomGenome(trained.elastic.space, random)).map(
        (genome) => ({ genome, exported: exportedModel({ ...finished, genome }, onnx) }),
      );
      const uneven = exports.find(({ exported }) => hasUnevenBlocks(exported));
      expect(uneven !== undefined).toBe(method === 'lonas-plus');
      for (const { genome, exported } of [exports[0]!, uneven ?? exports[1]!]) {
        expect((await onnx.check(exported)).refused).toBeNull();
        const file = method.startsWith('sqft') ? 'model_q4.onnx' : 'model.onnx';
        const folder = await written(folderOf(exported, ''));
        const decoder = await OnnxDecoder.open(`${folder}/onnx/${file}`);
        const expected = await logitsOf(subNetworkModel(run.model, trained, genome), ids);
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
