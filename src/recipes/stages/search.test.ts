import { beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../../backends/cpu.testing.ts';
import { initAdapters } from '../../compression/adapters/init.ts';
import { openData } from '../../datasets/parse.ts';
import { costOf } from '../../evaluation/cost.ts';
import { Random } from '../../lib/random.ts';
import { genomeKey, subNetworkOf, type ElasticSpace, type Genome } from '../../search/space.ts';
import type { EventOf, SessionEvent } from '../../session/events.ts';
import type { Recipe } from '../../session/recipe.ts';
import { RunControl } from '../control.ts';
import { readData, type LoadedData } from '../loaded-data.ts';
import { prepareData } from '../data.ts';
import { Journal } from '../journal.ts';
import { searchHere } from '../engine.ts';
import { loadModel, type LoadedModel } from '../model.ts';
import { presets } from '../presets.ts';
import { elasticSpaceOf } from '../space.ts';
import { fewProblems, tinyModel } from '../tiny-model.testing.ts';
import { planOf, subNetworkModel } from '../trained.ts';
import { searchSubNetworks, type SearchTerms } from './search.ts';

type Search = NonNullable<Recipe['search']>;

/** An untrained super-network scored by perplexity: its widths alone make the scores differ. */
function recipeOf(search: Partial<Search>): Recipe {
  const recipe = presets.lonas.recipe('perplexity');
  return {
    ...recipe,
    split: { validation: 8, test: 8 },
    adapter: { ...recipe.adapter, rank: 4, alpha: 8 },
    elastic: { ranks: [1, 0.5], widths: [1, 0.75, 0.5], heads: [1], order: 'file', uniform: false },
    search: { ...recipe.search!, evaluations: 12, population: 4, ...search },
  };
}

describe('a search on the CPU', () => {
  let model: LoadedModel;
  let data: LoadedData;
  let log: EventOf<'evaluated'>[];
  let elastic: ElasticSpace;

  beforeAll(async () => {
    model = await loadModel(cpu, await tinyModel());
    data = readData(await openData(fewProblems(60)));
    elastic = elasticSpaceOf(model.structure, recipeOf({}));
    initAdapters(model, planOf(elastic, model, recipeOf({})), new Random(1));
  });

  async function search(part: Partial<Search> = {}, terms: SearchTerms = {}) {
    log = [];
    const recipe = recipeOf(part);
    const plan = planOf(elastic, model, recipe);
    const network = subNetworkModel(
      model,
      { elastic, plan, masked: new Set(), quantized: new Set() },
      elastic.space.groups.map(() => 0),
    );
    const emit = (event: Omit<SessionEvent, 'at'>) => {
      if (event.type === 'evaluated') log.push({ ...event, at: 0 } as EventOf<'evaluated'>);
    };
    const prepared = prepareData(data, model, recipe);
    const journal = new Journal({ store: model.store, log: () => [], check: () => undefined });
    const control = new RunControl();
    const run = {
      recipe,
      model,
      data: prepared,
      control,
      search: searchHere,
      journal,
      accumulation: 1,
      emit,
    };
    return searchSubNetworks(run, network, elastic, terms);
  }

  const parameters = (genome: Genome) =>
    costOf(model.structure, subNetworkOf(elastic, genome)).wholeModelParameters;
  const scoreOf = ({ objectives }: { objectives: readonly number[] }) => -objectives[1]!;

  it('without terms has two objectives and no constraint', async () => {
    const { scored, chosen, heuristic } = await search({ tolerance: 0.1 });
    expect(scored).toHaveLength(12);
    for (const { objectives, violation } of scored) {
      expect(objectives).toHaveLength(2);
      expect(violation).toBeUndefined();
    }
    expect(log.every((event) => !('third' in event) && !('violation' in event))).toBe(true);
    const bound = scoreOf(heuristic) / 1.1;
    const good = scored.filter((each) => scoreOf(each) >= bound);
    expect(chosen.objectives[0]).toBe(Math.min(...good.map(({ objectives }) => objectives[0]!)));
  });

  it('asks for the third objective once a genome, and logs it', async () => {
    const asked: string[] = [];
    const third = (genome: Genome) => {
      asked.push(genomeKey(genome));
      return Promise.resolve(parameters(genome));
    };
    const { scored } = await search({ third: 'parameters' }, { third });
    expect(asked).toHaveLength(12);
    expect(new Set(asked).size).toBe(12);
    for (const { genome, objectives } of scored) expect(objectives[2]).toBe(parameters(genome));
    for (const { genome, third: value } of log) expect(value).toBe(parameters(genome!));
  });

  it('with a share of LoRA’s score takes the least MACs among what keeps it', async () => {
    const scores = (await search()).scored.map(scoreOf).toSorted((a, b) => a - b);
    // A bound in the middle of what there is.
    const loraScore = scores[6]! / 0.9;
    const { scored, chosen, best } = await search({ leastOfLora: 0.9 }, { loraScore });
    const feasible = scored.filter(({ violation }) => violation === 0);
    expect(feasible.length).toBeGreaterThan(0);
    expect(feasible.length).toBeLessThan(scored.length);
    for (const each of scored) {
      const missing = Math.max(0, 0.9 * loraScore - scoreOf(each));
      expect(each.violation).toBeCloseTo(missing, 8);
    }
    expect(chosen.objectives[0]).toBe(Math.min(...feasible.map(({ objectives }) => objectives[0]!)));
    expect(scoreOf(best)).toBe(Math.max(...feasible.map(scoreOf)));
    expect(log.map(({ violation }) => violation)).toContain(0);
    expect(log.some(({ violation = 0 }) => violation > 0)).toBe(true);
  });

  it('takes what is nearest where nothing keeps it', async () => {
    const { scored, chosen, best } = await search({ leastOfLora: 1 }, { loraScore: 0.99 });
    expect(chosen).toBe(best);
    expect(chosen.violation).toBe(Math.min(...scored.map(({ violation }) => violation!)));
    expect(scoreOf(chosen)).toBe(Math.max(...scored.map(scoreOf)));
  });

  it('refuses a bound on a score that nobody measured', async () => {
    await expect(search({ leastOfLora: 0.9 })).rejects.toThrow('needs that score');
  });
});
