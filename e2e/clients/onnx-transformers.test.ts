import { AutoTokenizer } from '@huggingface/transformers';
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import { nodeFolder } from '../../src/cli/node-files.ts';
import { Generator } from '../../src/evaluation/generate.ts';
import { folderOf } from '../../src/exporters/onnx/exporter.ts';
import type { FileSource } from '../../src/formats/source.ts';
import { loadModel, originalModel } from '../../src/recipes/model.ts';
import { tinyInt4 } from '../../src/recipes/tiny-int4.testing.ts';
import { asFinished } from './finished.ts';
import { continuedBy, numbers } from './transformers.ts';
import { written } from './written.ts';

const layouts = { together: undefined, 'in files beside the model': { inlineLimit: 0, chunkLimit: 1 << 16 } };

describe('transformers.js', () => {
  for (const [where, layout] of Object.entries(layouts)) {
    it(`reads texts and continues them as Pare does, weights ${where}`, async () => {
      const files = await nodeFolder('public/demo/model');
      const folder = await written(folderOf(await asFinished(files), '', layout));
      const tokenizer = await AutoTokenizer.from_pretrained(folder);
      for (const prompt of ['Tom has 3 apples and buys 4 more. How many?', 'Lea has 18 books.'])
        await expectSame(folder, files, numbers(tokenizer(prompt).input_ids));
    });
  }

  it('reads texts where the model came without settings of its tokenizer', async () => {
    const model = await asFinished(await nodeFolder('public/demo/model'));
    const folders = [model, { ...model, tokenizerConfig: null }].map((each) => folderOf(each, ''));
    const [known, bare] = await Promise.all(
      folders.map(async (files) => AutoTokenizer.from_pretrained(await written(files))),
    );
    const text = 'Tom has 3 apples.';
    expect(bare!.encode(text, { add_special_tokens: false })).toEqual(
      known!.encode(text, { add_special_tokens: false }),
    );
  });

  it('runs INT4 modules', async () => {
    const { files } = await tinyInt4();
    await expectSame(await written(folderOf(await asFinished(files), '')), files, [2, 11, 25, 39, 54]);
  });
});

/** The same greedy continuation by token id. */
async function expectSame(folder: string, files: readonly FileSource[], ids: number[]): Promise<void> {
  const ours = originalModel(await loadModel(new CpuBackend(), files));
  const generator = await Generator.create(ours, 64);
  const expected = await collected(generator.generate(ids, 24, []));
  generator.dispose();
  expect(expected.length).toBe(24);
  expect(await continuedBy(folder, ids, 24)).toEqual([...ids, ...expected]);
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
