import type { Backend } from '../../src/backends/backend.ts';
import { openData } from '../../src/datasets/parse.ts';
import { plainScorer } from '../../src/evaluation/scorer.ts';
import { fetchSource } from '../../src/formats/fetch-source.ts';
import type { FileSource } from '../../src/formats/source.ts';
import { RunControl } from '../../src/recipes/control.ts';
import { prepareData } from '../../src/recipes/data.ts';
import { searchHere } from '../../src/recipes/engine.ts';
import { Journal } from '../../src/recipes/journal.ts';
import { readData } from '../../src/recipes/loaded-data.ts';
import { loadModel } from '../../src/recipes/model.ts';
import { presets } from '../../src/recipes/presets.ts';
import type { RunContext, SearchDriver } from '../../src/recipes/run-context.ts';
import { elasticSpaceOf } from '../../src/recipes/space.ts';
import { searchSubNetworks } from '../../src/recipes/stages/search.ts';
import { trainAdapters } from '../../src/recipes/stages/train.ts';
import { planOf, subNetworkModel } from '../../src/recipes/trained.ts';
import { frontOf } from '../../src/search/choose.ts';
import { limitsOf } from '../../src/search/plan.ts';
import type { Evaluation } from '../../src/search/searcher.ts';
import { maximalGenome, type Genome } from '../../src/search/space.ts';
import type { MeasureOptions, Row } from '../protocol.ts';
import type { Section } from '../section.ts';
import { inRounds, ratioOf, spreadOf } from './timing.ts';

const modelFiles = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];

export const section: Section = {
  title: 'Search on the demo, LoNAS after a short training: 48 sub-networks on 160 examples',
  async measure(context) {
    const model = await Promise.all(
      modelFiles.map((name) => fetchSource(`demo/model/${name}`, `demo/${name}`)),
    );
    const subject = await openSearch(context.backend, model, await fetchSource('demo/data/problems.jsonl'));
    return measureSearch(subject, context, () => performance.now());
  },
};

/** Enough for sub-networks to differ: the smallest ones answer less than the largest, and some are left unfinished. */
const trainingSteps = 120;

export interface SearchSubject {
  /** A search of the whole budget; what NSGA-II itself took, on the same clock. */
  search(clock: () => number): Promise<{ scored: readonly Evaluation[]; own: number }>;
  /** The same sub-networks, one after the other, the plain way. */
  plain(genomes: readonly Genome[]): Promise<number[]>;
  readonly examples: number;
}

/** The demo's super-network, trained a little. */
export async function openSearch(
  backend: Backend,
  files: readonly FileSource[],
  problems: FileSource,
): Promise<SearchSubject> {
  const recipe = presets.lonas.recipe('exact');
  const short = { ...recipe, training: { ...recipe.training, steps: trainingSteps } };
  const model = await loadModel(backend, files);
  const data = prepareData(readData(await openData(problems)), model, short);
  const elastic = elasticSpaceOf(model.structure, short);
  const trained = {
    elastic,
    plan: planOf(elastic, model, short),
    masked: new Set<string>(),
    quantized: new Set<string>(),
  };
  const runWith = (search: SearchDriver): RunContext => ({
    recipe: short,
    model,
    data,
    search,
    control: new RunControl(),
    journal: new Journal({ store: model.store, log: () => [], check: () => undefined }),
    accumulation: 1,
    emit: () => undefined,
  });
  await trainAdapters(runWith(searchHere), { ...trained, label: 'lonas', logged: false });
  const network = subNetworkModel(model, trained, maximalGenome(elastic.space));
  return {
    examples: data.validation.examples.length,
    async search(clock) {
      let own = 0;
      const run = runWith((request, host) => {
        let left = clock();
        const evaluate: typeof host.evaluate = async (genomes, generation) => {
          own += clock() - left;
          const results = await host.evaluate(genomes, generation);
          left = clock();
          return results;
        };
        return searchHere(request, { ...host, evaluate }).finally(() => (own += clock() - left));
      });
      const { scored } = await searchSubNetworks(run, network, elastic);
      return { scored, own };
    },
    async plain(genomes) {
      const scorer = await plainScorer(network, data.validation, 'exact');
      const candidates = genomes.map((genome) => ({ limits: limitsOf(elastic, genome) }));
      const outcomes = await scorer.score(candidates);
      scorer.dispose();
      return outcomes.map(({ scores }) => scores.accuracy);
    },
  };
}

/** A second, of milliseconds each. */
const rate = (times: readonly number[]) => spreadOf(times.map((time) => 1000 / time));

/** @param clock milliseconds, of the wall or of the processor */
export async function measureSearch(
  subject: SearchSubject,
  options: Pick<MeasureOptions, 'rounds' | 'pause' | 'patience'>,
  clock: () => number,
): Promise<Row[]> {
  const [ours, plain, own]: [number[], number[], number[]] = [[], [], []];
  let { scored } = await subject.search(clock);
  const genomes = scored.map(({ genome }) => genome);
  const truth = await subject.plain(genomes);
  // What one takes, another takes too: the plain way computes everything, whatever the sub-network.
  const sample = genomes.filter((_, i) => i % 4 === 0);
  const measures = [
    async () => {
      const began = clock();
      const found = await subject.search(clock);
      const took = clock() - began;
      ours.push(took / genomes.length);
      own.push((100 * found.own) / took);
      ({ scored } = found);
    },
    async () => {
      const began = clock();
      await subject.plain(sample);
      plain.push((clock() - began) / sample.length);
    },
  ];
  await inRounds(options, async (round) => {
    for (const turn of [0, 1]) await measures[(round + turn) % 2]!();
  });
  requireSameFront(scored, truth);
  const unfinished = scored.flatMap((each) => each.unfinished ?? []);
  const unseen = unfinished.reduce((sum, { seen, of }) => sum + of - seen, 0);
  return [
    {
      label: 'scored sub-networks a second, over the plain evaluator’s',
      unit: '×',
      value: ratioOf(plain, ours),
      target: { sense: 'at least', value: 2 },
      note: 'both build their programs; the same sub-networks, the same front',
    },
    { label: 'a whole search', unit: 'sub-networks/s', value: rate(ours) },
    { label: 'one at a time, plain', unit: 'sub-networks/s', value: rate(plain) },
    {
      label: 'NSGA-II and its bookkeeping, of a search',
      unit: '%',
      value: spreadOf(own),
      target: { sense: 'at most', value: 1 },
    },
    {
      label: 'examples not scored, since their sub-network could not reach the front',
      unit: '%',
      value: spreadOf([(100 * unseen) / (genomes.length * subject.examples)]),
      note: `${unfinished.length} of ${genomes.length} sub-networks were stopped`,
    },
  ];
}

/** What is on the front of all, each scored whole, is on ours, and nothing else. */
function requireSameFront(scored: readonly Evaluation[], truth: readonly number[]): void {
  const whole = scored.map(({ genome, objectives: [macs] }, i) => ({
    genome,
    objectives: [macs!, -truth[i]!],
  }));
  const [ours, theirs] = [scored, whole].map((points) =>
    JSON.stringify(frontOf(points).map(({ genome, objectives }) => [genome, objectives])),
  );
  if (ours !== theirs) throw new Error(`the fronts differ: ${ours} and, plain, ${theirs}`);
}
