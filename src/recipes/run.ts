import { z } from 'zod';
import { removeCompression } from '../compression/adapters/init.ts';
import { shippedZeros } from '../compression/merging/zeros.ts';
import { undoOrders } from '../compression/ordering/order.ts';
import { costOf } from '../evaluation/cost.ts';
import { PareError } from '../lib/assert.ts';
import { codesName, gridName, moduleShape, type BaseForm } from '../models/elastic.ts';
import type { Runnable } from '../models/runnable.ts';
import { shortfall } from '../search/choose.ts';
import type { Evaluation } from '../search/searcher.ts';
import {
  checkGenome,
  genomeKey,
  maximalGenome,
  subNetworkOf,
  type ElasticSpace,
  type Genome,
} from '../search/space.ts';
import type { ScoredGenome } from '../session/reproduction.ts';
import type { LoadedData } from './loaded-data.ts';
import { estimateMemory, requireFits } from './estimate.ts';
import { originalModel } from './model.ts';
import { requireStart } from './requirements.ts';
import { baseOf, compressedOf, compressedSchema, leftSince } from './restore.ts';
import { beginStage, metricOf, progress, type RunContext } from './run-context.ts';
import { scoreAgain } from './score-again.ts';
import { elasticSpaceOf } from './space.ts';
import { trainBaseline } from './stages/baseline.ts';
import { compressBase } from './stages/compress.ts';
import { measureLatency } from './stages/latency.ts';
import { scoreReference, type ScoredModel } from './stages/score.ts';
import { searchSubNetworks, type SearchOutcome } from './stages/search.ts';
import { chosenIn, isCompressed, testChosen, testSubNetworks, testUntuned } from './stages/test.ts';
import { trainAdapters } from './stages/train.ts';
import { shippedBytes } from './shipped-bytes.ts';
import { denseMacsOf, planOf, subNetworkModel, type Trained } from './trained.ts';

/** What a run leaves behind: the super-network, and the chosen model as it ships. */
export interface FinishedRun {
  readonly run: RunContext;
  readonly trained: Trained;
  readonly genome: Genome;
  /** The chosen model in a store of its own. */
  readonly chosen: Runnable;
  /** What the search left unfinished, and what it takes to score that to the end. */
  readonly searched: Searched;
}

type Searched = Pick<SearchOutcome, 'scored' | 'least' | 'generation'>;
const nothingSearched: Searched = { scored: [], least: undefined, generation: 0 };

/**
 * A whole recipe: w/o tune → compress → train → search → test. Everything that happens is an event of the session
 * log. Throws `RunStopped` at a checkpoint after a stop.
 */
export async function runRecipe(run: RunContext, elastic: ElasticSpace): Promise<FinishedRun> {
  const { model, recipe } = run;
  const { space } = elastic;
  const maximalMacs = costOf(model.structure, subNetworkOf(elastic, maximalGenome(space))).macsPerToken;
  const { trained, lora } = await superNetwork(run, elastic);
  const { baseline } = recipe;
  if (space.groups.length === 0) return finishSingle(run, trained, maximalMacs);
  const outcome = await searchSubNetworks(
    run,
    subNetworkModel(model, trained, maximalGenome(space)),
    elastic,
    { third: thirdObjective(run, trained), loraScore: lora?.score ?? null },
  );
  run.emit({ type: 'chosen', genome: [...outcome.chosen.genome], by: 'rule' });
  if (baseline && !lora && recipe.method !== 'lora') await trainLora(run, trained);
  beginStage(run, 'test', 6);
  await testUntuned(run, trained);
  progress(run, 'test', 1);
  await testSubNetworks(run, trained, outcome);
  return choose({ run, trained, searched: outcome }, outcome.chosen.genome);
}

/** The first half of a run: the base as it is compressed, and trained elastic adapters on it. */
export async function superNetwork(
  run: RunContext,
  elastic: ElasticSpace,
): Promise<{ trained: Trained; lora: ScoredModel | null }> {
  const { model, recipe } = run;
  await run.journal.once({ key: 'start', schema: z.null() }, async () => start(run, elastic));
  const base = await prepareBase(run, elastic);
  const trained: Trained = { elastic, plan: planOf(elastic, model, recipe), ...base };
  // Plain LoRA is what a constraint compares with, so it is then trained first; else the user's recipe goes first.
  const lora = recipe.search?.leastOfLora ? await trainLora(run, base) : null;
  beginStage(run, 'train', recipe.training.steps);
  await trainAdapters(run, { ...trained, label: recipe.method, logged: true });
  return { trained, lora };
}

/** Leaves nothing of an earlier run, scores the model as it was opened, and compresses it. */
async function prepareBase(run: RunContext, elastic: ElasticSpace): Promise<BaseForm> {
  const { model } = run;
  beginStage(run, 'prepare', 1);
  await undoOrders(model);
  removeCompression(model.store, new Set([...model.quantized].flatMap((m) => [codesName(m), gridName(m)])));
  // Floats that an earlier QA-SparsePEFT made of a model that came as INT4.
  for (const module of model.quantized) model.store.remove(`${module}.weight`);
  await scoreReference(run, originalModel(model), 'untuned-dense', denseMacsOf(model));
  progress(run, 'prepare', 1);
  const base = await compress(run, elastic);
  if (isCompressed(run, base))
    await scoreReference(run, { ...originalModel(model), ...base }, 'untuned', denseMacsOf(model));
  return base;
}

async function compress(run: RunContext, elastic: ElasticSpace): Promise<BaseForm> {
  const { model } = run;
  const before = new Set(model.store.names());
  const step = { key: 'compress', schema: compressedSchema, leaves: () => leftSince(model, before) };
  const compressed = await run.journal.once(step, async () => {
    const base = await compressBase(run, elastic);
    requireSomethingLeft(run, base, await shippedZeros({ ...originalModel(model), ...base }));
    return compressedOf(model, base);
  });
  return baseOf(model, compressed);
}

async function trainLora(run: RunContext, { masked }: BaseForm): Promise<ScoredModel> {
  beginStage(run, 'train', run.recipe.training.steps);
  return trainBaseline(run, masked);
}

function thirdObjective(
  run: RunContext,
  trained: Trained,
): ((genome: Genome) => Promise<number>) | undefined {
  const { model, recipe } = run;
  switch (recipe.search?.third) {
    case 'parameters':
      return async (genome) =>
        costOf(model.structure, subNetworkOf(trained.elastic, genome)).wholeModelParameters;
    case 'bytes':
      return async (genome) => shippedBytes(run, trained, genome);
    case 'latency':
      return (genome) => measureLatency(run, trained, genome);
    default:
      return undefined;
  }
}

/** A mask that leaves no weight leaves nothing for a masked adapter to change. */
function requireSomethingLeft({ model, recipe }: RunContext, { masked }: BaseForm, zeros: number): void {
  const weights = [...masked].reduce((sum, module) => {
    const [rows, columns] = moduleShape(model, module);
    return sum + rows * columns;
  }, 0);
  if (weights === 0 || zeros < weights) return;
  throw new PareError(
    'nothing-left',
    `At this sparsity every one of the ${weights} weights of the blocks is zero, so ${recipe.method} has nothing to train.`,
    'Lower the sparsity.',
  );
}

/** Plain LoRA: one point, no search. */
async function finishSingle(run: RunContext, trained: Trained, macs: number): Promise<FinishedRun> {
  await scoreReference(run, subNetworkModel(run.model, trained, []), 'lora', macs);
  run.emit({ type: 'chosen', genome: [], by: 'rule' });
  beginStage(run, 'test', 2);
  await testUntuned(run, trained);
  progress(run, 'test', 1);
  return choose({ run, trained, searched: nothingSearched }, []);
}

/** Builds and measures a sub-network; progress of stage `test` ends here. */
async function choose(
  { run, trained, searched }: Pick<FinishedRun, 'run' | 'trained' | 'searched'>,
  genome: Genome,
): Promise<FinishedRun> {
  const chosen = await testChosen(run, trained, genome, run.model.folder.tensors.keys());
  return { run, trained, searched, genome, chosen };
}

/**
 * Another sub-network of a finished run, chosen by the user; one that the search left unfinished is scored to its end
 * first. The earlier choice's store is let go.
 */
export async function chooseAnother(finished: FinishedRun, genome: Genome): Promise<FinishedRun> {
  const { run, trained, searched } = finished;
  checkGenome(trained.elastic.space, genome);
  const unfinished = searched.scored.find(
    (each) => each.unfinished && genomeKey(each.genome) === genomeKey(genome),
  );
  const scored = searched.scored.filter((each) => each !== unfinished);
  const next = await choose({ run, trained, searched: { ...searched, scored } }, genome);
  const step = { key: `choose ${genome.join(',')}`, schema: z.null() };
  try {
    await run.journal.once(step, async () => {
      if (unfinished) await scoreToEnd(finished, unfinished);
      run.emit({ type: 'chosen', genome: [...genome], by: 'user' });
      return null;
    });
  } catch (error) {
    next.chosen.store.dispose();
    throw error;
  }
  finished.chosen.store.dispose();
  return next;
}

/** What a session says of its chosen sub-network has been measured. */
async function scoreToEnd({ run, trained, searched }: FinishedRun, unfinished: Evaluation): Promise<void> {
  const { genome, objectives } = unfinished;
  const [{ macs, score }] = (await scoreAgain(run, trained, [genome], () => undefined)) as [ScoredGenome];
  const { least, generation } = searched;
  run.emit({
    type: 'evaluated',
    genome: [...genome],
    tag: null,
    macs,
    score,
    generation,
    ...(objectives[2] === undefined ? {} : { third: objectives[2] }),
    ...(least === undefined ? {} : { violation: shortfall(score, least) }),
  });
}

/** Key of the step that logs the proof of an export. */
export const proofKey = 'proof';

/** Does again what was done after the end of a run that is being restored: other choices, proofs of exports. */
export async function chooseAsRecorded(finished: FinishedRun): Promise<FinishedRun> {
  const { journal, control } = finished.run;
  let latest = finished;
  for (;;) {
    await control.checkpoint();
    const genome = chosenIn(journal.next);
    if (genome) latest = await chooseAnother(latest, genome);
    else if (journal.next === proofKey) await journal.once({ key: proofKey, schema: z.null() }, noProof);
    else return latest;
  }
}

const noProof = (): never => {
  throw new Error('a recorded proof is not made again');
};

function start({ recipe, model, data, emit }: RunContext, elastic: ElasticSpace): null {
  const { space } = elastic;
  const { backend, adapter, kernels } = model.backend.facts;
  emit({
    type: 'started',
    version: 1,
    date: new Date().toISOString(),
    recipe,
    model: model.info,
    data: data.info,
    device: { backend, adapter: adapter.slice(0, 200), kernels },
    metric: metricOf(recipe),
    groups: space.groups.map((group) => ({
      ...group,
      members: [...group.members],
      choices: [...group.choices],
    })),
    maximalMacs: costOf(model.structure, subNetworkOf(elastic, maximalGenome(space))).macsPerToken,
  });
  return null;
}

/** Refuses, before anything runs, what cannot run to its end. Returns the search space. */
export function checkRun(
  { model, recipe }: Pick<RunContext, 'model' | 'recipe'>,
  data: LoadedData,
): ElasticSpace {
  requireStart(model, recipe);
  requireFits(estimateMemory(model, data, recipe));
  return elasticSpaceOf(model.structure, recipe);
}
