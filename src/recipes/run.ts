import { removeCompression } from '../compression/adapters/init.ts';
import { costOf } from '../evaluation/cost.ts';
import { PareError } from '../lib/assert.ts';
import type { Runnable } from '../models/runnable.ts';
import { checkGenome, maximalGenome, subNetworkOf, type ElasticSpace, type Genome } from '../search/space.ts';
import type { LoadedData } from './data.ts';
import { estimateMemory, requireFits } from './estimate.ts';
import { originalModel, undoOrders } from './model.ts';
import { beginStage, metricOf, progress, type RunContext } from './run-context.ts';
import { elasticSpaceOf } from './space.ts';
import { trainBaseline } from './stages/baseline.ts';
import { compressBase } from './stages/compress.ts';
import { scoreReference } from './stages/score.ts';
import { searchSubNetworks } from './stages/search.ts';
import { testChosen, testSubNetworks, testUntuned } from './stages/test.ts';
import { trainAdapters } from './stages/train.ts';
import { denseMacsOf, planOf, subNetworkModel, type Trained } from './trained.ts';

/** What a run leaves behind: the super-network, and the chosen model as it ships. */
export interface FinishedRun {
  readonly run: RunContext;
  readonly trained: Trained;
  readonly genome: Genome;
  /** The chosen model in a store of its own. */
  readonly chosen: Runnable;
}

/**
 * A whole recipe: w/o tune → compress → train → search → test. Everything that happens is an event of the session
 * log. Throws `RunStopped` at a checkpoint after a stop.
 */
export async function runRecipe(run: RunContext, elastic: ElasticSpace): Promise<FinishedRun> {
  const { model, recipe } = run;
  const { space } = elastic;
  const maximalMacs = costOf(model.structure, subNetworkOf(elastic, maximalGenome(space))).macsPerToken;
  start(run, elastic, maximalMacs);
  beginStage(run, 'prepare', 1);
  await undoOrders(model);
  removeCompression(model.store);
  await scoreReference(run, originalModel(model), 'untuned-dense', denseMacsOf(model));
  progress(run, 'prepare', 1);

  const masked = await compressBase(run, elastic);
  if (masked.size > 0)
    await scoreReference(run, { ...originalModel(model), masked }, 'untuned', denseMacsOf(model));
  const trained: Trained = { elastic, plan: planOf(elastic, model, recipe), masked };
  const steps = recipe.training.steps;
  const withBaseline = recipe.baseline && recipe.method !== 'lora';
  beginStage(run, 'train', steps);
  await trainAdapters(run, { ...trained, label: recipe.method, logged: true });

  if (space.groups.length === 0) return finishSingle(run, trained, maximalMacs);
  const outcome = await searchSubNetworks(
    run,
    subNetworkModel(model, trained, maximalGenome(space)),
    elastic,
  );
  run.emit({ type: 'chosen', genome: [...outcome.chosen.genome], by: 'rule' });
  if (withBaseline) {
    beginStage(run, 'train', steps);
    await trainBaseline(run, masked);
  }
  beginStage(run, 'test', 6);
  await testUntuned(run, masked);
  progress(run, 'test', 1);
  await testSubNetworks(run, trained, outcome);
  return choose({ run, trained }, outcome.chosen.genome);
}

/** Plain LoRA: one point, no search. */
async function finishSingle(run: RunContext, trained: Trained, macs: number): Promise<FinishedRun> {
  await scoreReference(run, subNetworkModel(run.model, trained, []), 'lora', macs);
  run.emit({ type: 'chosen', genome: [], by: 'rule' });
  beginStage(run, 'test', 2);
  await testUntuned(run, trained.masked);
  progress(run, 'test', 1);
  return choose({ run, trained }, []);
}

/** Builds and measures a sub-network; progress of stage `test` ends here. */
async function choose(
  { run, trained }: Pick<FinishedRun, 'run' | 'trained'>,
  genome: Genome,
): Promise<FinishedRun> {
  const chosen = await testChosen(run, trained, genome, run.model.folder.tensors.keys());
  return { run, trained, genome, chosen };
}

/** Another sub-network of a finished run, chosen by the user. The earlier choice's store is let go. */
export async function chooseAnother(finished: FinishedRun, genome: Genome): Promise<FinishedRun> {
  checkGenome(finished.trained.elastic.space, genome);
  const next = await choose(finished, genome);
  finished.chosen.store.dispose();
  finished.run.emit({ type: 'chosen', genome: [...genome], by: 'user' });
  return next;
}

function start(
  { recipe, model, data, emit }: RunContext,
  { space }: ElasticSpace,
  maximalMacs: number,
): void {
  emit({
    type: 'started',
    version: 1,
    date: new Date().toISOString(),
    recipe,
    model: model.info,
    data: data.info,
    device: { backend: model.backend.facts.backend, adapter: model.backend.facts.adapter.slice(0, 200) },
    metric: metricOf(recipe),
    groups: space.groups.map((group) => ({
      ...group,
      members: [...group.members],
      choices: [...group.choices],
    })),
    maximalMacs,
  });
}

/** Refuses, before anything runs, what cannot run to its end. Returns the search space. */
export function checkRun(run: RunContext, data: LoadedData): ElasticSpace {
  const { model, recipe } = run;
  requireBase(run);
  requireFits(estimateMemory(model, data, recipe));
  return elasticSpaceOf(model.structure, recipe);
}

function requireBase({ model }: RunContext): void {
  if (model.plan.adapters.size === 0) return;
  throw new PareError(
    'model-has-adapter',
    `${model.info.name} comes with a LoRA adapter.`,
    'Recipes start from a base model: open the folder without its adapter.',
  );
}
