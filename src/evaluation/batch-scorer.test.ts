/** Scoring sub-networks together gives what scoring each alone, the plain way, gives. */
import { beforeAll, describe, expect, it } from 'vitest';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { adapterNames, initAdapters } from '../compression/adapters/init.ts';
import type { Example } from '../datasets/data.ts';
import { openData } from '../datasets/parse.ts';
import { Random } from '../lib/random.ts';
import { tinyConfigs } from '../models/tiny-configs.testing.ts';
import type { Runnable } from '../models/runnable.ts';
import { RunControl } from '../recipes/control.ts';
import { runToEnd, searchHere } from '../recipes/engine.ts';
import { prepareData } from '../recipes/data.ts';
import { evaluationShapeOf, readData, scoredSet, type LoadedData } from '../recipes/loaded-data.ts';
import { loadModel, type LoadedModel } from '../recipes/model.ts';
import { open, tiny } from '../recipes/pipelines.testing.ts';
import { elasticSpaceOf } from '../recipes/space.ts';
import { fewProblems, randomModel } from '../recipes/tiny-model.testing.ts';
import { planOf, subNetworkModel, type Trained } from '../recipes/trained.ts';
import { limitsOf } from '../search/plan.ts';
import { maximalGenome, minimalGenome, randomGenome, type ElasticSpace } from '../search/space.ts';
import { methods } from '../session/recipe.ts';
import type { Candidate, Outcome } from './batch-scorer.ts';
import { createScorer, plainScorer, type ScoredSet, type Scorer } from './scorer.ts';
import type { ForwardTask } from './tally.ts';

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
  sharings: readonly ({ sharedBlocks: number } | undefined)[] = [{ sharedBlocks: 1 }],
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
  return scoredSet(examples, 'exact', evaluationShapeOf(examples, loss, 116));
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
    data = readData(await openData(fewProblems(60)));
  });

  it.each(methods)('%s', async (method) => {
    const model = await open();
    const control = new RunControl();
    const options = { recipe: tiny(method), model, data, control, search: searchHere, onEvent: () => {} };
    const { trained } = (await runToEnd(options))!;
    const { space } = trained.elastic;
    const network = subNetworkModel(model, trained, maximalGenome(space));
    const examples = prepareData(data, model, tiny(method)).split.train.slice(0, 9);
    const candidates = method === 'lora' ? [{ limits: [] }] : candidatesOf(trained.elastic);
    await expectEqual(network, setOf(ofManyLengths(examples)), 'exact', candidates);
  });

  it.each(tinyConfigs)('$model_type', async (config) => {
    const model = await loadModel(new CpuBackend(), await randomModel(config));
    const elastic = elasticSpaceOf(model.structure, tiny('lonas-plus'));
    const trained = withAdapters(model, elastic);
    const network = subNetworkModel(model, trained, maximalGenome(elastic.space));
    const examples = prepareData(data, model, tiny('lonas-plus')).split.train.slice(0, 6);
    const candidates = candidatesOf(elastic).slice(0, 3);
    await expectEqual(network, setOf(ofManyLengths(examples)), 'exact', candidates);
    await expectEqual(network, setOf(examples, 'all'), 'perplexity', candidates.slice(0, 2));
  });

  it('choices, whose options are of several lengths', async () => {
    const model = await open();
    const elastic = elasticSpaceOf(model.structure, tiny('lonas'));
    const trained = withAdapters(model, elastic);
    const network = subNetworkModel(model, trained, maximalGenome(elastic.space));
    const all = ofManyLengths(prepareData(data, model, tiny('lonas')).split.train.slice(0, 30));
    const examples = Array.from({ length: 10 }, (_, i) => {
      const options = all.slice(3 * i, 3 * i + 3).map((each) => ({ ...each, characters: each.ids.length }));
      return { ...options[0]!, options, correct: i % 3 };
    });
    const shape = evaluationShapeOf(all, 'answer', 116);
    const sharings = [undefined, { sharedBlocks: 0 }, { sharedBlocks: 1 }];
    const set = scoredSet(examples, 'choice', shape);
    await expectEqual(network, set, 'choice', candidatesOf(elastic), sharings);
  });
});
