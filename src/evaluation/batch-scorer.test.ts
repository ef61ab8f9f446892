/** Scoring sub-networks together gives what scoring each alone, the plain way, gives. */
import { beforeAll, describe, expect, it } from 'vitest';
import { WasmBackend } from '../backends/wasm/wasm.ts';
import { adapterNames, initAdapters } from '../compression/adapters/init.ts';
import type { Example } from '../datasets/data.ts';
import { openData } from '../datasets/parse.ts';
import { Random } from '../lib/random.ts';
import { tinyConfigs } from '../models/tiny-configs.testing.ts';
import type { Runnable } from '../models/runnable.ts';
import { RunControl } from '../recipes/control.ts';
import { runToEnd, searchHere } from '../recipes/engine.ts';
import { prepareData } from '../recipes/data.ts';
import { evaluationShapeOf, readData, type LoadedData } from '../recipes/loaded-data.ts';
import { loadModel, type LoadedModel } from '../recipes/model.ts';
import { open, tiny } from '../recipes/pipelines.testing.ts';
import { elasticSpaceOf } from '../recipes/space.ts';
import { fewProblems, randomModel } from '../recipes/tiny-model.testing.ts';
import { planOf, subNetworkModel, type Trained } from '../recipes/trained.ts';
import { limitsOf } from '../search/plan.ts';
import { maximalGenome, minimalGenome, randomGenome, type ElasticSpace } from '../search/space.ts';
import type { SharedBeginnings } from '../search/shared-blocks.ts';
import type { Candidate, Outcome } from './batch-scorer.ts';
import { createScorer, plainScorer, type ScoredSet, type Scorer } from './scorer.ts';
import type { ForwardTask } from './tally.ts';

/** Fewer slots than there are beginnings. */
const shared: SharedBeginnings = { blocks: 1, beginnings: 5 };
const rule = { beams: 1, answerTokens: 8 };

/** More genomes than slots or a batch hold, some alike in their first blocks, in no order. */
function candidatesOf({ space, ...rest }: ElasticSpace): Candidate[] {
  const random = new Random(3);
  const drawn = Array.from({ length: 5 }, () => randomGenome(space, random));
  const alike = drawn[0]!.map((gene, i) => (i % 2 === 0 ? gene : 0));
  return [maximalGenome(space), ...drawn, alike, minimalGenome(space)].map((genome) => ({
    limits: limitsOf({ space, ...rest }, genome),
  }));
}

async function outcomesOf(scorer: Scorer, candidates: readonly Candidate[]): Promise<Outcome[]> {
  const outcomes = await scorer.score(candidates);
  scorer.dispose();
  return outcomes;
}

async function expectEqual(
  model: Runnable,
  set: ScoredSet,
  task: ForwardTask,
  candidates: readonly Candidate[],
  sharings: readonly (SharedBeginnings | undefined)[] = [shared],
): Promise<void> {
  const names = model.store.names();
  const plain = await outcomesOf(await plainScorer(model, set, task), candidates);
  for (const sharing of sharings) {
    const found = await outcomesOf(
      await createScorer(model, set, { ...rule, task }, null, sharing),
      candidates,
    );
    found.forEach(({ scores, seen }, i) => {
      const { scores: expected } = plain[i]!;
      expect(seen).toBe(set.examples.length);
      expect({ ...scores, perplexity: 0 }).toEqual({ ...expected, perplexity: 0 });
      expect(Math.abs(scores.perplexity / expected.perplexity - 1)).toBeLessThan(1e-5);
    });
  }
  // What was computed beside the adapters is gone again.
  expect(model.store.names().filter((name) => !name.startsWith('rope'))).toEqual(
    names.filter((name) => !name.startsWith('rope')),
  );
}

/** Prompts cut at the front, so that lengths differ and several shapes are used. */
const ofManyLengths = (examples: readonly Example[]): Example[] =>
  examples.map((example, i) => {
    const cut = Math.min(example.answerStart - 1, (i * 5) % 18);
    return { ...example, ids: example.ids.slice(cut), answerStart: example.answerStart - cut };
  });

function setOf(examples: readonly Example[], loss: 'answer' | 'all' = 'answer'): ScoredSet {
  return { examples, shape: evaluationShapeOf(examples, loss, 116) };
}

function withAdapters(model: LoadedModel, elastic: ElasticSpace): Trained {
  const plan = planOf(elastic, model, tiny('lonas-plus'));
  initAdapters(model, plan, new Random(1));
  const random = new Random(2);
  for (const name of adapterNames(plan)) {
    const size = model.store.spec(name).shape.reduce((a, b) => a * b, 1);
    model.store.write(
      name,
      Float32Array.from({ length: size }, () => 0.2 * random.normal()),
    );
  }
  return { elastic, plan, masked: new Set(), quantized: new Set() };
}

describe('scoring sub-networks together', { timeout: 180_000 }, () => {
  let data: LoadedData;
  beforeAll(async () => {
    data = readData(await openData(fewProblems(40)));
  });

  // Sharing batches; and what merges into one weight a batch.
  it.each(['lonas-plus', 'sqft-sparsepeft', 'sqft-qa-sparsepeft'] as const)('%s', async (method) => {
    const model = await open();
    const control = new RunControl();
    const options = { recipe: tiny(method), model, data, control, search: searchHere, onEvent: () => {} };
    const { trained } = (await runToEnd(options))!;
    const { space } = trained.elastic;
    const network = subNetworkModel(model, trained, maximalGenome(space));
    const examples = prepareData(data, model, tiny(method)).split.train.slice(0, 9);
    await expectEqual(network, setOf(ofManyLengths(examples)), 'exact', candidatesOf(trained.elastic));
  });

  // Windows and caps of attention, biases, learned positions, blocks side by side.
  const kinds = tinyConfigs.filter(({ model_type: type }, i, all) => {
    const isFirst = all.findIndex((each) => each.model_type === type) === i;
    return isFirst && ['mistral', 'gemma2', 'gpt2', 'phi'].includes(String(type));
  });
  it.each(kinds)('$model_type', async (config) => {
    const model = await loadModel(await WasmBackend.open(), await randomModel(config));
    const elastic = elasticSpaceOf(model.structure, tiny('lonas-plus'));
    const trained = withAdapters(model, elastic);
    const network = subNetworkModel(model, trained, maximalGenome(elastic.space));
    const examples = prepareData(data, model, tiny('lonas-plus')).split.train.slice(0, 4);
    const candidates = candidatesOf(elastic).slice(0, 3);
    await expectEqual(network, setOf(ofManyLengths(examples)), 'exact', candidates);
    await expectEqual(network, setOf(examples, 'all'), 'perplexity', candidates.slice(0, 1));
  });

  it('choices, whose options are of several lengths', async () => {
    const model = await open();
    const elastic = elasticSpaceOf(model.structure, tiny('lonas'));
    const trained = withAdapters(model, elastic);
    const network = subNetworkModel(model, trained, maximalGenome(elastic.space));
    const all = ofManyLengths(prepareData(data, model, tiny('lonas')).split.train.slice(0, 18));
    const examples = Array.from({ length: 6 }, (_, i) => {
      const options = all.slice(3 * i, 3 * i + 3).map((each) => ({ ...each, characters: each.ids.length }));
      return { ...options[0]!, options, correct: i % 3 };
    });
    const shape = evaluationShapeOf(all, 'answer', 116);
    const sharings = [undefined, { blocks: 0, beginnings: 0 }, shared];
    const set = { examples, shape };
    await expectEqual(network, set, 'choice', candidatesOf(elastic), sharings);
  });

  it('a scorer that cannot be made leaves what another has alone, and nothing of its own', async () => {
    const model = await open();
    const elastic = elasticSpaceOf(model.structure, tiny('lonas-plus'));
    const network = subNetworkModel(model, withAdapters(model, elastic), maximalGenome(elastic.space));
    const set = setOf(prepareData(data, model, tiny('lonas-plus')).split.train.slice(0, 4));
    const other = await createScorer(network, set, { ...rule, task: 'exact' }, null, shared);
    const kept = model.store.names();
    const { backend } = network;
    const lacking: typeof backend = Object.assign(Object.create(backend) as typeof backend, {
      compile: () => Promise.reject(new Error('no room')),
    });
    const larger = setOf(prepareData(data, model, tiny('lonas-plus')).split.train.slice(0, 9));
    await expect(
      createScorer({ ...network, backend: lacking }, larger, { ...rule, task: 'exact' }, null, shared),
    ).rejects.toThrow('no room');
    expect(model.store.names()).toEqual(kept);
    const [outcome] = await outcomesOf(other, candidatesOf(elastic).slice(0, 1));
    expect(outcome!.seen).toBe(4);
  });
});
