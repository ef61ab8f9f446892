import { AutoModelForCausalLM, AutoTokenizer, env, type Tensor } from '@huggingface/transformers';
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/backends/cpu/cpu.ts';
import { nodeFolder } from '../../src/cli/node-files.ts';
import { Generator } from '../../src/evaluation/generate.ts';
import { folderOf } from '../../src/exporters/onnx/exporter.ts';
import { loadModel, originalModel } from '../../src/recipes/model.ts';
import { asFinished } from './finished.ts';
import { written } from './written.ts';

env.allowRemoteModels = false;

const prompts = ['Tom has 3 apples and buys 4 more. How many?', 'A'];

describe('transformers.js', () => {
  it('continues the demo model as Pare does', async () => {
    const files = await nodeFolder('public/demo/model');
    const folder = await written(folderOf(await asFinished(files), ''));
    const theirs = await AutoModelForCausalLM.from_pretrained(folder);
    const tokenizer = await AutoTokenizer.from_pretrained(folder);
    const ours = originalModel(await loadModel(new CpuBackend(), files));
    const generator = await Generator.create(ours, 64);
    for (const prompt of prompts) {
      const { input_ids } = tokenizer(prompt) as { input_ids: Tensor };
      const ids = Array.from(input_ids.data as BigInt64Array, Number);
      const output = (await theirs.generate({
        ...tokenizer(prompt),
        max_new_tokens: 24,
        do_sample: false,
      })) as Tensor;
      const all = Array.from(output.data as BigInt64Array, Number);
      const expected = await collected(generator.generate(ids, 24, ours.config.eosTokenIds));
      expect(all.slice(ids.length, ids.length + expected.length)).toEqual(expected);
    }
    generator.dispose();
    await theirs.dispose();
  });
});

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
