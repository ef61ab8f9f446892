import type { Backend, Program, Store } from '../../src/backends/backend.ts';
import { initAdapters } from '../../src/compression/adapters/init.ts';
import { costOf, denseModel } from '../../src/evaluation/cost.ts';
import { forwardGraph } from '../../src/evaluation/latency.ts';
import { expectedTensors } from '../../src/formats/expected-tensors.ts';
import type { ModelConfig } from '../../src/formats/model-config.ts';
import { Random } from '../../src/lib/random.ts';
import { denseBase } from '../../src/models/elastic.ts';
import { decoderOptions, plainModel, type Runnable } from '../../src/models/runnable.ts';
import { structureOf, type SubNetwork } from '../../src/models/structure.ts';
import { finishModel } from '../../src/recipes/finished-model.ts';
import { defaultRecipe } from '../../src/recipes/presets.ts';
import { elasticSpaceOf } from '../../src/recipes/space.ts';
import { elasticPlanOf, limitsOf } from '../../src/search/plan.ts';
import { heuristicGenome, minimalGenome, subNetworkOf, type Genome } from '../../src/search/space.ts';
import { llama25M, MadeUp, stories260K } from '../../src/training/made-up.testing.ts';
import type { Row, Spread } from '../protocol.ts';
import type { Context, Section } from '../section.ts';
import { openDemo } from './demo-subject.ts';
import { elapsed, interleaved, ratioOf, repetitions, spreadOf } from './timing.ts';

interface Subject {
  readonly name: string;
  readonly sequences: number;
  readonly length: number;
  readonly open: (backend: Backend) => Promise<Pick<Runnable, 'store' | 'config'>>;
}

const madeUp = (model: MadeUp) => (backend: Backend) =>
  Promise.resolve({ store: model.store(backend), config: model.config });

const subjects: readonly Subject[] = [
  { name: 'the demo', sequences: 16, length: 28, open: openDemo },
  { name: 'stories260K shape', sequences: 8, length: 128, open: madeUp(new MadeUp(stories260K)) },
  { name: '25M, made up, bf16', sequences: 1, length: 128, open: madeUp(new MadeUp(llama25M, 'bf16')) },
];

/** Milliseconds of one measurement, about. */
const portion = 200;
/** Of its multiply–accumulates, how much of the ratio must be seen on the clock. */
const least = 0.85;

/**
 * LoNAS models as they ship (merged, channels and heads cut out) against the dense one, in pairs: a batch is read, and
 * what follows each sequence is predicted. The paper, on LLaMA-7B and a GPU: 1.41 × with 5.1 of 6.7 B parameters.
 */
export const section: Section = {
  title: 'Sliced models: is what has fewer multiply–accumulates as much faster?',
  async measure(context) {
    const rows: Row[] = [];
    for (const subject of subjects) {
      context.say(subject.name);
      rows.push(...(await measureSubject(context, subject)));
    }
    return rows;
  },
};

async function measureSubject({ backend, rounds }: Context, subject: Subject): Promise<Row[]> {
  const { store, config } = await subject.open(backend);
  const { networks, ratio, cut } = lonas(backend, store, config, subject);
  const models = [plainModel(backend, store, config)];
  for (const { genome } of networks) models.push(await cut(genome));
  const [dense, ...times] = await measureModels(models, subject, rounds);
  for (const model of models) model.store.dispose();
  const group = `${subject.name}, ${subject.sequences} × ${subject.length} tokens`;
  return networks.flatMap(({ label, genome }, index) =>
    rowsOf(group, label, ratioOf(dense!, times[index]!), ratio(genome)),
  );
}

/** Two sub-networks of the default recipe's space: how to cut them out, and how many fewer multiply–accumulates they have. */
function lonas(backend: Backend, store: Store, config: ModelConfig, subject: Subject) {
  const structure = structureOf(config);
  const elastic = elasticSpaceOf(structure, defaultRecipe);
  const { rank, alpha } = defaultRecipe.adapter;
  const plan = elasticPlanOf(elastic, structure.layers, { rank, alpha });
  initAdapters({ store, config }, plan, new Random(1));
  const macs = (network: SubNetwork) =>
    prefillMacs(config, subject, costOf(structure, network, { merged: true }).macsPerToken);
  return {
    networks: [
      { label: 'the heuristic sub-network', genome: heuristicGenome(elastic.space) },
      { label: 'the smallest sub-network', genome: minimalGenome(elastic.space) },
    ],
    ratio: (genome: Genome) => macs(denseModel) / macs(subNetworkOf(elastic, genome)),
    cut: (genome: Genome) => {
      const limits = limitsOf(elastic, genome);
      const network = { backend, store, config, plan, ...denseBase, limits };
      return finishModel(network, expectedTensors(config).keys(), true);
    },
  };
}

function rowsOf(group: string, label: string, faster: Spread, fewer: number): Row[] {
  const { median, low, high } = faster;
  return [
    { group, label: `${label}: speed over dense`, unit: '×', value: faster },
    {
      group,
      label: `${label}: multiply–accumulates, dense over its own`,
      unit: '×',
      value: spreadOf([fewer]),
    },
    {
      group,
      label: `${label}: speed ratio over that ratio`,
      unit: '×',
      value: { median: median / fewer, low: low / fewer, high: high / fewer },
      target: { sense: 'at least', value: least },
    },
  ];
}

/** Milliseconds of so many prefills of each model, round by round. */
async function measureModels(
  models: readonly Runnable[],
  subject: Subject,
  rounds: number,
): Promise<number[][]> {
  const programs: Program[] = [];
  for (const model of models) programs.push(await prefill(model, subject));
  const run = (program: Program, times: number) =>
    elapsed(async () => {
      for (let i = 0; i < times; i++) program.run();
      await models[0]!.backend.idle();
    });
  for (const program of programs) await run(program, 1);
  const repeats = repetitions(await run(programs[0]!, 1), portion, 500);
  const times = await interleaved(
    programs.map((program) => () => run(program, repeats)),
    rounds,
  );
  for (const program of programs) program.dispose();
  return times;
}

/** Of linear modules and head, as costs are counted; the head sees one row a sequence. */
function prefillMacs(
  { vocabSize, hiddenSize }: ModelConfig,
  { sequences, length }: Subject,
  each: number,
): number {
  const head = vocabSize * hiddenSize;
  return sequences * (length * (each - head) + head);
}

async function prefill(model: Runnable, { sequences, length }: Subject): Promise<Program> {
  const graph = forwardGraph(model.config, decoderOptions(model, sequences, length));
  const program = await model.backend.compile(graph, model.store);
  const random = new Random(2);
  const ids = Int32Array.from({ length: sequences * length }, () => random.integer(model.config.vocabSize));
  program.write('ids', ids);
  program.write(
    'last',
    Int32Array.from({ length: sequences }, (_, s) => (s + 1) * length - 1),
  );
  return program;
}
