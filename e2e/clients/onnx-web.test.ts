import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import { nodeFolder } from '../../src/cli/node-files.ts';
import { Generator } from '../../src/evaluation/generate.ts';
import { logitsOf } from '../../src/evaluation/logits.ts';
import { folderOf } from '../../src/exporters/onnx/exporter.ts';
import type { FileSource } from '../../src/formats/source.ts';
import { loadModel, originalModel } from '../../src/recipes/model.ts';
import { tinyInt4 } from '../../src/recipes/tiny-int4.testing.ts';
import { expectClose } from './compare.ts';
import { asFinished } from './finished.ts';
import { ClientPage } from './page.ts';
import { written } from './written.ts';

/** Weights beside the model, in several files. */
const scattered = { inlineLimit: 0, chunkLimit: 1 << 15 };

const ids = [2, 11, 25, 39, 54, 63, 8, 19];

const logits = async (files: readonly FileSource[]) =>
  logitsOf(originalModel(await loadModel(new CpuBackend(), files)), ids);

describe('Chromium', () => {
  let client: ClientPage;
  let demo: FileSource[];
  let int4: FileSource[];

  beforeAll(async () => {
    demo = await nodeFolder('public/demo/model');
    int4 = (await tinyInt4({ zeros: 0.3 })).files;
    const packages = 'e2e/clients/node_modules';
    client = await ClientPage.open({
      clients: 'e2e/clients',
      ort: `${packages}/onnxruntime-web/dist`,
      transformers: `${packages}/@huggingface/transformers/dist`,
      wasm: `${packages}/@huggingface/transformers/node_modules/onnxruntime-web/dist`,
      float: await written(folderOf(await asFinished(demo), '')),
      int4: await written(folderOf(await asFinished(int4), '')),
      scattered: await written(folderOf(await asFinished(demo), '', scattered)),
    });
  });
  afterAll(() => client.close());

  for (const provider of ['wasm', 'webgpu']) {
    it.each([
      ['floats', 'float/onnx/model.onnx', () => demo],
      ['INT4', 'int4/onnx/model_q4.onnx', () => int4],
    ])(`computes Pare's logits with onnxruntime-web on ${provider}: %s`, async (_, path, files) => {
      const rows = await client.call<number[][]>('logitsOf', { path: `/${path}`, ids, provider });
      const expected = await logits(files());
      expect(rows.length).toBe(ids.length);
      rows.forEach((row, position) => expectClose(Float32Array.from(row), expected[position]!));
    });
  }

  it('continues the demo as Pare does with transformers.js, from several files of weights', async () => {
    const ours = originalModel(await loadModel(new CpuBackend(), demo));
    const generator = await Generator.create(ours, 64);
    const expected: number[] = [];
    for await (const id of generator.generate(ids, 20, [])) expected.push(id);
    generator.dispose();
    const found = await client.call<number[]>('generate', {
      folder: 'scattered',
      ids,
      count: expected.length,
    });
    expect(found).toEqual([...ids, ...expected]);
  });
});
