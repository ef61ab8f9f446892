import { beforeAll, describe, expect, it } from 'vitest';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { applyOrder, undoOrders } from '../compression/ordering/order.ts';
import { openData } from '../datasets/parse.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { blobSource } from '../formats/source.ts';
import { Random } from '../lib/random.ts';
import { adapterB } from '../models/elastic.ts';
import { initAdapters } from '../compression/adapters/init.ts';
import { randomGenome } from '../search/space.ts';
import { eventSchema, type SessionEvent } from '../session/events.ts';
import { isSliced, methods, type Method, type Recipe } from '../session/recipe.ts';
import { viewOf } from '../session/reduce.ts';
import { RunControl } from './control.ts';
import { readData, type LoadedData } from './loaded-data.ts';
import { prepareData } from './data.ts';
import { runToEnd, searchHere } from './engine.ts';
import { finishModel } from './finished-model.ts';
import { loadModel, originalModel, type LoadedModel } from './model.ts';
import { presets } from './presets.ts';
import { provenExport } from './proof.ts';
import { elasticSpaceOf } from './space.ts';
import { scoreOnce } from './stages/score.ts';
import { fewProblems, tinyModel } from './tiny-model.testing.ts';
import { planOf, subNetworkModel, type Trained } from './trained.ts';

/** Four KV groups of two q heads, two blocks: all that can be cut. */
const shape = {
  hidden_size: 32,
  intermediate_size: 32,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  num_hidden_layers: 2,
};

/** A recipe as it ships, but for its sizes. */
function tiny(method: Method): Recipe {
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

const open = (changes: Record<string, unknown> = {}) =>
  tinyModel({ ...shape, ...changes }).then((files) => loadModel(new CpuBackend(), files));

const ids = [2, 11, 25, 39, 54, 63];

describe('every recipe, on the CPU', { timeout: 180_000 }, () => {
  let data: LoadedData;
  beforeAll(async () => {
    data = readData(await openData(fewProblems(12)));
  });

  async function run(model: LoadedModel, recipe: Recipe) {
    const log: SessionEvent[] = [];
    const onEvent = (event: SessionEvent) => void log.push(eventSchema.parse(event));
    const control = new RunControl();
    const finished = await runToEnd({ recipe, model, data, control, search: searchHere, onEvent });
    return { log, finished: finished! };
  }

  /** The exported folder, opened as a stranger would. */
  async function reopen(files: Awaited<ReturnType<typeof provenExport>>['files']) {
    const sources = files.map(async ({ name, stream }) =>
      blobSource(`export/${name}`, await new Response(stream).blob()),
    );
    return loadModel(new CpuBackend(), await Promise.all(sources));
  }

  for (const method of methods) {
    it(`${method}: the merge is proved, and what is read back scores the same`, async () => {
      const model = await open();
      const { log, finished } = await run(model, tiny(method));
      const { files, proof } = await provenExport(finished, viewOf(log).results);
      expect(proof, JSON.stringify(proof)).toMatchObject({ holds: true });
      if (method.includes('sparsepeft')) expect(proof.logitError).toBe(0);
      expect(proof.maskedZeros).toBe(proof.maskedWeights);
      expect(proof.maskedWeights > 0).toBe(tiny(method).sparsity !== null);
      expect(proof.codes !== null).toBe(tiny(method).quantization !== null);
      expect(viewOf(log).proof).toEqual(proof);

      const shipped = await reopen(files);
      expect(shipped.quantized.size > 0).toBe(tiny(method).quantization !== null);
      expect(shipped.plan.adapters.size > 0).toBe(method === 'shears' || method === 'sqft');
      const test = (await scoreOnce(finished.run, originalModel(shipped), finished.run.data.test)).accuracy;
      expect(test).toBe(viewOf(log).results.find(({ tag }) => tag === 'chosen')!.score);
    });
  }

  it('an INT4 result is a starting point again: SQFT and QA-SparsePEFT keep its codes and its zeros', async () => {
    const first = await run(await open(), tiny('sqft-qa-sparsepeft'));
    const { files } = await provenExport(first.finished, []);
    const again = await reopen(files);
    expect(again).toMatchObject({ form: 'int4' });
    expect(again.sparsity).toBeGreaterThan(0.45);
    for (const method of ['sqft', 'sqft-qa-sparsepeft'] as const) {
      const { log, finished } = await run(again, tiny(method));
      const { proof } = await provenExport(finished, []);
      expect(proof).toMatchObject({ holds: true, maskedZeros: proof.maskedWeights });
      expect(viewOf(log).results.find(({ tag }) => tag === 'chosen')!.precision).toContain('INT4');
    }
    await expect(run(again, tiny('shears'))).rejects.toMatchObject({ code: 'model-is-int4' });
  });

  it('a sparse result is a starting point again, with its own zeros', async () => {
    const { finished } = await run(await open(), tiny('sqft-sparsepeft'));
    const again = await reopen((await provenExport(finished, [])).files);
    expect(again).toMatchObject({ form: 'sparse' });
    const recipe = tiny('sqft-sparsepeft');
    const kept = { ...recipe, sparsity: { ...recipe.sparsity!, method: 'existing' as const } };
    const second = await run(again, kept);
    const { proof } = await provenExport(second.finished, []);
    expect(proof).toMatchObject({ holds: true, logitError: 0 });
    expect(proof.maskedZeros).toBe(proof.maskedWeights);
  });

  it('further test sets are scored for every row, without what is trained on', async () => {
    const model = await open();
    const recipe = tiny('lora');
    const log: SessionEvent[] = [];
    await runToEnd({
      recipe,
      model,
      data,
      tests: [readData(await openData(fewProblems(60)))],
      control: new RunControl(),
      search: searchHere,
      onEvent: (event) => void log.push(eventSchema.parse(event)),
    });
    const view = viewOf(log);
    for (const { tests } of view.results) expect(tests).toMatchObject([{ name: 'few.jsonl', examples: 4 }]);
    expect(view.data!.tests).toMatchObject([{ examples: 4 }]);
    // All of these are trained with, searched with, or tested on already.
    const { split } = prepareData(data, model, recipe);
    const seen = split.train.length + split.validation.length;
    expect(seen).toBeGreaterThan(0);
    const same = { recipe: { ...recipe, split: { validation: 1, test: 1 } }, model, data, tests: [data] };
    await expect(
      runToEnd({ ...same, control: new RunControl(), search: searchHere, onEvent: () => {} }),
    ).resolves.not.toBeNull();
  });

  it('refuses, before the first event, groups that do not divide and zeros that are not there', async () => {
    const odd = await open({ hidden_size: 48, num_attention_heads: 12, num_key_value_heads: 4 });
    await expect(run(odd, tiny('sqft'))).rejects.toMatchObject({
      code: 'group-size',
      message: expect.stringContaining('48 inputs of model.layers.0.self_attn.q_proj') as string,
    });
    const recipe = tiny('shears');
    const kept = { ...recipe, sparsity: { ...recipe.sparsity!, method: 'existing' as const } };
    await expect(run(await open(), kept)).rejects.toMatchObject({ code: 'model-not-sparse' });
  });
});

describe('a sub-network', () => {
  /** A super-network with random adapters, as if it had been trained. */
  function supernet(model: LoadedModel, method: Method): Trained {
    const recipe = tiny(method);
    const elastic = elasticSpaceOf(model.structure, recipe);
    const plan = planOf(elastic, model, recipe);
    const random = new Random(5);
    initAdapters(model.store, plan, random);
    for (const module of plan.adapters.keys()) {
      const { shape: size } = model.store.spec(adapterB(module));
      const values = Float32Array.from({ length: size[0]! * size[1]! }, () => 0.1 * random.normal());
      model.store.write(adapterB(module), values);
    }
    return { elastic, plan, masked: new Set(), quantized: new Set() };
  }

  for (const method of methods.filter(isSliced)) {
    it(`${method}: cutting it out equals masking it`, async () => {
      const model = await open({ tie_word_embeddings: method === 'lonas' });
      const trained = supernet(model, method);
      const random = new Random(9);
      for (let round = 0; round < 12; round++) {
        const genome = randomGenome(trained.elastic.space, random);
        const masked = subNetworkModel(model, trained, genome);
        const cut = await finishModel(masked, model.folder.tensors.keys(), true);
        const [expected, found] = [await logitsOf(masked, ids), await logitsOf(cut, ids)];
        const scale = Math.max(...expected.flatMap((row) => [...row].map(Math.abs)));
        for (const [position, row] of expected.entries())
          for (const [token, logit] of row.entries())
            expect(Math.abs(logit - found[position]![token]!)).toBeLessThan(1e-5 * scale);
        cut.store.dispose();
      }
    });
  }

  it('re-labelling heads changes nothing, and is undone exactly', async () => {
    const model = await open();
    const before = await logitsOf(originalModel(model), ids);
    await applyOrder(model, 1, 'heads', [2, 0, 3, 1]);
    const after = await logitsOf(originalModel(model), ids);
    expect(await model.store.read('model.layers.1.self_attn.o_proj.weight')).not.toEqual(
      await (await open()).store.read('model.layers.1.self_attn.o_proj.weight'),
    );
    for (const [position, row] of before.entries())
      for (const [token, logit] of row.entries()) expect(after[position]![token]).toBeCloseTo(logit, 4);
    await undoOrders(model);
    expect(await logitsOf(originalModel(model), ids)).toEqual(before);
  });
});
