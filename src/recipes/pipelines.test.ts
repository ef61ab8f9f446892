import { beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import { applyOrder, undoOrders } from '../compression/ordering/order.ts';
import { openData } from '../datasets/parse.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { blobSource } from '../formats/source.ts';
import { Random } from '../lib/random.ts';
import { adapterB } from '../models/elastic.ts';
import { initAdapters } from '../compression/adapters/init.ts';
import { randomGenome } from '../search/space.ts';
import { eventSchema, type ResultRow, type SessionEvent } from '../session/events.ts';
import { isSliced, methods, recipeSchema, type Method, type Recipe } from '../session/recipe.ts';
import { viewOf } from '../session/reduce.ts';
import { RunControl } from './control.ts';
import { readData, type LoadedData } from './loaded-data.ts';
import { prepareData } from './data.ts';
import { runToEnd, searchHere } from './engine.ts';
import type { ExportFile, ExportFormat } from '../exporters/exporter.ts';
import { exportModel, formatOffers } from './export.ts';
import { finishModel } from './finished-model.ts';
import { loadModel, originalModel, type LoadedModel } from './model.ts';
import { publishedRecipe } from './presets.ts';
import { exportAndProve, proveExport, provenExport, randomTokens, testTokens } from './proof.ts';
import type { FinishedRun } from './run.ts';
import { elasticSpaceOf } from './space.ts';
import { scoreOnce } from './stages/score.ts';
import { fewProblems } from './tiny-model.testing.ts';
import { open, tiny } from './pipelines.testing.ts';
import { planOf, subNetworkModel, type Trained } from './trained.ts';

const ids = [2, 11, 25, 39, 54, 63];

async function proven(finished: FinishedRun, rows: readonly ResultRow[] = []) {
  const { proof, ...exported } = await provenExport(finished, rows);
  expect(proof).not.toBeNull();
  return { ...exported, proof: proof! };
}

const readJson = async (files: readonly ExportFile[], name: string): Promise<unknown> =>
  new Response(files.find((file) => file.name === name)!.stream).json();

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
  async function reopen(files: readonly ExportFile[]) {
    const sources = files.map(async ({ name, stream }) =>
      blobSource(`export/${name}`, await new Response(stream).blob()),
    );
    return loadModel(cpu, await Promise.all(sources));
  }

  const offered: Record<Method, ExportFormat[]> = {
    lora: ['gguf', 'hf', 'onnx', 'peft'],
    lonas: ['gguf', 'hf', 'onnx'],
    'lonas-plus': ['gguf', 'hf', 'onnx'],
    shears: ['gguf', 'hf', 'onnx', 'peft'],
    sqft: ['compressed-tensors', 'gguf', 'gptq', 'hf', 'onnx', 'peft'],
    'sqft-sparsepeft': ['gguf', 'hf', 'onnx'],
    'sqft-qa-sparsepeft': ['compressed-tensors', 'gguf', 'gptq', 'hf', 'onnx'],
  };

  for (const method of methods) {
    it(`${method}: every format that can hold it is proved, and what is read back scores the same`, async () => {
      const model = await open();
      const { log, finished } = await run(model, tiny(method));
      const { files, proof } = await proven(finished, viewOf(log).results);
      expect(proof, JSON.stringify(proof)).toMatchObject({ holds: true });
      if (method.includes('sparsepeft')) expect(proof.logitError).toBe(0);
      expect(proof.maskedZeros).toBe(proof.maskedWeights);
      expect(proof.maskedWeights > 0).toBe(tiny(method).sparsity !== null);
      expect(proof.codes !== null).toBe(tiny(method).quantization !== null);
      expect(viewOf(log).proof).toEqual(proof);

      const shipped = await reopen(files);
      expect(shipped.quantized.size > 0).toBe(tiny(method).quantization !== null);
      expect(shipped.plan.adapters.size > 0).toBe(method === 'shears' || method === 'sqft');
      const size = files.find(({ name }) => name === 'model.safetensors')!.size;
      const stated = viewOf(log).results.find(({ tag }) => tag === 'chosen')!.bytes!;
      const adapter = files.find(({ name }) => name === 'adapter/adapter_model.safetensors')?.size ?? 0;
      // Headers of the files are not counted.
      expect(size + adapter - stated).toBeGreaterThan(0);
      expect(size + adapter - stated).toBeLessThan(12_000);
      const test = (await scoreOnce(finished.run, originalModel(shipped), finished.run.data.test)).accuracy;
      expect(test).toBe(viewOf(log).results.find(({ tag }) => tag === 'chosen')!.score);

      const offers = await formatOffers(finished);
      const possible = offers.filter(({ refused }) => refused === null).map(({ format }) => format);
      expect(possible.toSorted()).toEqual(offered[method]);
      expect(offers[0]!.format).toBe(tiny(method).quantization ? 'compressed-tensors' : 'hf');
      for (const format of offered[method]) {
        const tokens = randomTokens(finished);
        const { proof: found } = await exportAndProve(finished, [], { format, tokens });
        expect(found, JSON.stringify(found)).toMatchObject({ holds: true, format });
        expect(found!.reason).toContain('random tokens');
      }
      for (const { format, refused } of offers)
        if (refused !== null)
          await expect(exportModel(finished, [], { format })).rejects.toMatchObject({
            code: 'export-refused',
          });
    });
  }

  it('one nibble that is not as trained breaks the proof', async () => {
    const { finished } = await run(await open(), tiny('sqft-qa-sparsepeft'));
    const { files } = await proven(finished);
    const weights = files.find(({ name }) => name === 'model.safetensors')!;
    const bytes = new Uint8Array(await new Response(weights.stream).arrayBuffer());
    const header = new DataView(bytes.buffer).getUint32(0, true);
    const table = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + header))) as Record<
      string,
      { data_offsets: [number, number] }
    >;
    const [begin] = table['model.layers.0.self_attn.q_proj.weight_packed']!.data_offsets;
    bytes[8 + header + begin]! ^= 1;
    const flipped = { ...weights, stream: new Response(bytes).body! };
    const fresh = (await proven(finished)).files.map((file) => (file.name === weights.name ? flipped : file));
    const { holds, codes, logitError } = await proveExport(
      finished,
      { format: 'compressed-tensors', files: fresh },
      testTokens(finished.run),
    );
    expect(holds).toBe(false);
    expect(codes!.compared - codes!.equal).toBe(1);
    expect(logitError).toBeGreaterThan(0);
  });

  it('a tied head is named among what loaders must not quantize', async () => {
    const { finished } = await run(await open({ tie_word_embeddings: true }), tiny('sqft'));
    const config = await readJson((await proven(finished)).files, 'config.json');
    expect(config).toMatchObject({ quantization_config: { ignore: ['lm_head'] } });
  });

  it('LoNAS+ exports what is left of a block, and cuts no list that is not one by layer', async () => {
    const model = await open({ eos_token_id: [3, 4], layer_types: ['full_attention', 'full_attention'] });
    const recipe = tiny('lonas-plus');
    const { finished } = await run(model, { ...recipe, search: null });
    const { space } = finished.trained.elastic;
    const shortest = { ...finished, genome: space.groups.map((group) => group.choices.length - 1) };
    const { files, proof } = await proven(shortest);
    expect(proof).toMatchObject({ holds: true });
    expect(await readJson(files, 'config.json')).toMatchObject({
      num_hidden_layers: 1,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      intermediate_size: 16,
      eos_token_id: [3, 4],
      layer_types: ['full_attention'],
    });
  });

  it('a sparse LoNAS keeps its adapter apart, and both are proved', async () => {
    const recipe = { ...tiny('lonas'), sparsity: tiny('shears').sparsity };
    const { finished } = await run(await open(), recipe);
    expect((await proven(finished)).proof).toMatchObject({
      holds: true,
      logitError: expect.any(Number) as number,
    });
  });

  it('an INT4 result is a starting point again: SQFT and QA-SparsePEFT keep its codes and its zeros', async () => {
    const first = await run(await open(), tiny('sqft-qa-sparsepeft'));
    const { files } = await proven(first.finished);
    const again = await reopen(files);
    expect(again).toMatchObject({ form: 'int4' });
    expect(again.sparsity).toBeGreaterThan(0.45);
    for (const method of ['sqft', 'sqft-qa-sparsepeft'] as const) {
      const { log, finished } = await run(again, tiny(method));
      const { proof } = await proven(finished);
      expect(proof).toMatchObject({ holds: true, maskedZeros: proof.maskedWeights });
      expect(viewOf(log).results.find(({ tag }) => tag === 'chosen')!.precision).toContain('INT4');
    }
    await expect(run(again, tiny('shears'))).rejects.toMatchObject({ code: 'model-is-int4' });
  });

  it('a sparse result is a starting point again, with its own zeros', async () => {
    const { finished } = await run(await open(), tiny('sqft-sparsepeft'));
    const again = await reopen((await proven(finished)).files);
    expect(again).toMatchObject({ form: 'sparse' });
    const recipe = tiny('sqft-sparsepeft');
    const kept = { ...recipe, sparsity: { ...recipe.sparsity!, method: 'existing' as const } };
    const second = await run(again, kept);
    const { proof } = await proven(second.finished);
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

  it('two further test sets of one name stay two', async () => {
    const sets = [readData(await openData(fewProblems(60))), readData(await openData(fewProblems(80)))];
    const { tests } = prepareData(data, await open(), tiny('lora'), sets);
    expect(tests.map(({ name }) => name)).toEqual(['few.jsonl', 'few.jsonl (2)']);
    expect(tests[1]!.info).toMatchObject({ examples: 4, total: 80, tooLong: 0 });
  });

  it('refuses a base of which nothing is left to train', async () => {
    const model = await open();
    for (const name of model.store.names()) if (name.endsWith('_proj.weight')) model.store.clear(name);
    const recipe = tiny('sqft-sparsepeft');
    const kept = { ...recipe, sparsity: { ...recipe.sparsity!, method: 'existing' as const } };
    await expect(run({ ...model, sparsity: 1 }, kept)).rejects.toMatchObject({
      code: 'nothing-left',
      remedy: 'Lower the sparsity.',
    });
  });

  it('refuses, before the first event, a space without a choice', async () => {
    const recipe = tiny('shears');
    const fixed = { ...recipe, elastic: { ...recipe.elastic!, ranks: [1] } };
    await expect(run(await open(), fixed)).rejects.toMatchObject({ code: 'search-space-empty' });
  });

  it('refuses adapters on head and embedding that could not ship', () => {
    const recipe = tiny('shears');
    const outer = { ...recipe, adapter: { ...recipe.adapter, targets: ['q', 'head'] } };
    expect(recipeSchema.safeParse(outer).error?.issues[0]).toMatchObject({ path: ['adapter', 'targets'] });
    const sparse = { ...tiny('lonas-plus'), sparsity: recipe.sparsity };
    expect(recipeSchema.safeParse(sparse).success).toBe(false);
    for (const method of methods) {
      expect(recipeSchema.safeParse(tiny(method)).success).toBe(true);
      const published = publishedRecipe(method, 'exact');
      if (published) expect(recipeSchema.safeParse(published).error).toBeUndefined();
    }
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
    initAdapters(model, plan, random);
    for (const module of plan.adapters.keys()) {
      const { shape: size } = model.store.spec(adapterB(module));
      const values = Float32Array.from({ length: size[0]! * size[1]! }, () => 0.1 * random.normal());
      model.store.write(adapterB(module), values);
    }
    return { elastic, plan, masked: new Set(), quantized: new Set() };
  }

  for (const [method, tied] of methods
    .filter(isSliced)
    .flatMap((m) => [[m, true] as const, [m, false] as const])) {
    it(`${method}, ${tied ? 'tied' : 'untied'}: cutting it out equals masking it`, async () => {
      const model = await open({ tie_word_embeddings: tied });
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
