/** Searches on the demo that leave unfinished what cannot win: the same front, resumed too, and in links and files. */
import { beforeAll, describe, expect, it } from 'vitest';
import { WasmBackend } from '../../backends/wasm/wasm.ts';
import { modelFiles } from '../../cli/inputs.ts';
import { nodeFile } from '../../cli/node-files.ts';
import { openData } from '../../datasets/parse.ts';
import { plainScorer } from '../../evaluation/scorer.ts';
import type { Runnable } from '../../models/runnable.ts';
import { chooseSubNetwork, frontOf } from '../../search/choose.ts';
import { limitsOf } from '../../search/plan.ts';
import type { Evaluation } from '../../search/searcher.ts';
import { maximalGenome, type ElasticSpace } from '../../search/space.ts';
import type { Checkpoint } from '../../session/checkpoint.ts';
import type { EventOf, SessionEvent } from '../../session/events.ts';
import { fromWire, toWire, wireSchema } from '../../session/wire.ts';
import { viewOf } from '../../session/reduce.ts';
import type { Recipe } from '../../session/recipe.ts';
import { RunControl } from '../control.ts';
import { prepareData, type PreparedData } from '../data.ts';
import { searchHere } from '../engine.ts';
import { Journal } from '../journal.ts';
import { readData } from '../loaded-data.ts';
import { loadModel, type LoadedModel } from '../model.ts';
import { presets } from '../presets.ts';
import type { RunContext } from '../run-context.ts';
import { elasticSpaceOf } from '../space.ts';
import { planOf, subNetworkModel, type Trained } from '../trained.ts';
import { searchSubNetworks } from './search.ts';
import { trainAdapters } from './train.ts';

type Search = NonNullable<Recipe['search']>;

const preset = presets.lonas.recipe('exact');
/** Enough for sub-networks to differ widely. */
const recipe: Recipe = {
  ...preset,
  split: { validation: 80, test: 8 },
  training: { ...preset.training, steps: 120 },
  search: { ...preset.search!, evaluations: 24 },
};

describe('a search that stops early', { timeout: 300_000 }, () => {
  let model: LoadedModel;
  let data: PreparedData;
  let elastic: ElasticSpace;
  let network: Runnable;

  beforeAll(async () => {
    model = await loadModel(await WasmBackend.open(), await modelFiles('demo'));
    const file = await nodeFile('public/demo/data/problems.jsonl');
    data = prepareData(readData(await openData(file)), model, recipe);
    elastic = elasticSpaceOf(model.structure, recipe);
    const plan = planOf(elastic, model, recipe);
    const trained: Trained = { elastic, plan, masked: new Set(), quantized: new Set() };
    await trainAdapters(contextOf(recipe).run, { ...trained, label: 'lonas', logged: false });
    network = subNetworkModel(model, trained, maximalGenome(elastic.space));
  }, 300_000);

  function contextOf(given: Recipe, from: Checkpoint | null = null) {
    const log: SessionEvent[] = [];
    const checkpoints: Checkpoint[] = [];
    const journal = new Journal({
      store: model.store,
      log: () => log,
      check: () => undefined,
      from,
      onCheckpoint: (checkpoint) => checkpoints.push(checkpoint),
    });
    const run: RunContext = {
      recipe: given,
      model,
      data,
      journal,
      control: new RunControl(),
      search: searchHere,
      accumulation: 1,
      emit: (event) => {
        if (!journal.replaying) log.push({ ...event, at: 0 });
      },
    };
    return { run, log, checkpoints };
  }

  async function search(part: Partial<Search> = {}, from: Checkpoint | null = null) {
    const context = contextOf({ ...recipe, search: { ...recipe.search!, ...part } }, from);
    return { ...context, outcome: await searchSubNetworks(context.run, network, elastic) };
  }

  const whole = new Map<Search['algorithm'], ReturnType<typeof search>>();

  /** A search from its beginning to its end, made once for all tests that look at it. */
  function searched(algorithm: Search['algorithm']): ReturnType<typeof search> {
    const made = whole.get(algorithm) ?? search({ algorithm });
    whole.set(algorithm, made);
    return made;
  }

  /** As they are when each is scored alone, to the end. */
  async function truthOf(scored: readonly Evaluation[]): Promise<Evaluation[]> {
    const scorer = await plainScorer(network, data.validation, 'exact');
    const found = await scorer.score(scored.map(({ genome }) => ({ limits: limitsOf(elastic, genome) })));
    scorer.dispose();
    return scored.map(({ genome, objectives: [macs] }, i) => ({
      genome,
      objectives: [macs!, -found[i]!.scores.accuracy],
    }));
  }

  const unfinishedOf = (scored: readonly Evaluation[]) => scored.filter(({ unfinished }) => unfinished);

  it.each(['nsga2', 'random'] as const)('%s: has the front of the plain evaluator', async (algorithm) => {
    const { scored, chosen, heuristic } = (await searched(algorithm)).outcome;
    const truth = await truthOf(scored);
    expect(unfinishedOf(scored).length).toBeGreaterThan(3);
    expect(frontOf(scored)).toEqual(frontOf(truth));
    const rule = { reference: -heuristic.objectives[1]!, tolerance: recipe.search!.tolerance };
    expect(chosen).toEqual(chooseSubNetwork(truth, rule));
    scored.forEach((each, i) => {
      if (each.unfinished) expect(each.objectives[1]).toBeLessThanOrEqual(truth[i]!.objectives[1]!);
      else expect(each).toEqual(truth[i]);
    });
  });

  it('asks chance for the same sub-networks, whether it stops early or not', async () => {
    const early = (await searched('random')).outcome.scored;
    const late = (await search({ algorithm: 'random', preset: 'published' })).outcome.scored;
    expect(early.map(({ genome }) => genome)).toEqual(late.map(({ genome }) => genome));
    expect(unfinishedOf(late)).toEqual([]);
    expect(frontOf(early)).toEqual(frontOf(late));
  });

  it('never leaves a step of a hill climb, or of the published search, unfinished', async () => {
    for (const part of [{ algorithm: 'hill-climb' }, { preset: 'published' }] as const)
      expect(unfinishedOf((await search({ ...part, evaluations: 16 })).outcome.scored)).toEqual([]);
  });

  it('hears a stop between two measurements of a group', async () => {
    const { run } = contextOf(recipe);
    const control = new RunControl();
    let measured = 0;
    // The fourth is the first of a generation, after the references.
    const third = async () => {
      if (++measured === 4) control.stop();
      return measured;
    };
    await expect(searchSubNetworks({ ...run, control }, network, elastic, { third })).rejects.toThrow(
      'Stopped.',
    );
    expect(measured).toBe(4);
  });

  it('goes on from any checkpoint to the same events, in the middle of a generation too', async () => {
    const { outcome, log, checkpoints } = await searched('nsga2');
    const stopped = log.findLastIndex((event) => event.type === 'evaluated' && event.unfinished);
    const scoredBefore = log.slice(0, stopped).filter(({ type }) => type === 'evaluated').length;
    for (const records of [2, 3, scoredBefore, checkpoints.length - 1]) {
      const again = await search({ algorithm: 'nsga2' }, checkpoints[records]);
      expect(again.outcome).toEqual(outcome);
      const evaluated = (events: readonly SessionEvent[]) =>
        events.filter((event): event is EventOf<'evaluated'> => event.type === 'evaluated');
      expect(evaluated(again.log)).toEqual(evaluated(log).slice(records + 1));
    }
  });

  it('draws nothing unfinished on the front, from a link neither', async () => {
    const { log, outcome } = await searched('nsga2');
    const started = { type: 'started', at: 0, groups: elastic.space.groups } as unknown as SessionEvent;
    const all = [started, ...log];
    const carried = fromWire(wireSchema.parse(JSON.parse(JSON.stringify(toWire(all)))));
    for (const events of [all, carried as SessionEvent[]]) {
      const { points, front } = viewOf(events);
      expect(points.filter(({ unfinished }) => unfinished)).toHaveLength(unfinishedOf(outcome.scored).length);
      expect(points.every(({ unfinished, dominated }) => !unfinished || dominated)).toBe(true);
      expect(front.map(({ genome }) => genome)).toEqual(frontOf(outcome.scored).map(({ genome }) => genome));
    }
  });
});
