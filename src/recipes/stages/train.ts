import { z } from 'zod';
import { adapterNames, continueGiven, initAdapters } from '../../compression/adapters/init.ts';
import { EpochOrder, makeBatch } from '../../datasets/batches.ts';
import { Random, type RandomState } from '../../lib/random.ts';
import { PareError } from '../../lib/assert.ts';
import type { BaseForm, ElasticPlan } from '../../models/elastic.ts';
import type { ElasticSpace } from '../../search/space.ts';
import { sampleLimits } from '../../training/sampling.ts';
import { learningRateAt } from '../../training/schedule.ts';
import { stateNames, SupernetTrainer } from '../../training/trainer.ts';
import { TrainingMemory } from '../recovery.ts';
import { emitMemory } from '../memory-use.ts';
import { progress, type RunContext } from '../run-context.ts';

/** Losses are read (which waits for the device) about this often, in milliseconds. */
const readInterval = 250;

export interface TrainOptions extends BaseForm {
  readonly elastic: ElasticSpace;
  readonly plan: ElasticPlan;
  /** Names the random streams: the same label, the same batches. */
  readonly label: string;
  /** Losses go to the log. */
  readonly logged: boolean;
}

/** Training that was interrupted: the next step, and the generator that draws its sub-networks. */
const progressSchema = z.strictObject({
  step: z.int().min(0),
  networks: z.array(z.int().min(0).max(0xffffffff)).length(4),
});
interface TrainingState {
  readonly step: number;
  readonly networks: RandomState;
}

/** Trains adapters for the recipe's steps, from those that came with the model where it has any; they stay in the store. */
export async function trainAdapters(run: RunContext, options: TrainOptions): Promise<void> {
  const { model, recipe, journal } = run;
  const key = `train ${options.label}`;
  if (await journal.done(key)) return;
  const random = new Random(recipe.seed).split(key);
  const interrupted = await journal.resumed<TrainingState>({ key, schema: progressSchema });
  if (!interrupted) {
    initAdapters(model, options.plan, random.split('adapters'));
    await continueGiven(model, options.plan, model.plan.adapters);
  }
  if (recipe.training.steps > 0) {
    const from = interrupted ?? { step: 0, networks: random.split('sub-networks').state() };
    await trainFrom(run, from, options, random);
  }
  await journal.record(key, null, adapterNames(options.plan));
}

async function trainFrom(
  run: RunContext,
  from: TrainingState,
  options: TrainOptions,
  random: Random,
): Promise<void> {
  const { recipe, model, data } = run;
  const { training, adapter } = recipe;
  const { batch, length, capacity } = data.trainShape;
  const trainer = await withinMemory(() =>
    SupernetTrainer.create(model.backend, model.store, model.config, {
      from: from.step,
      accumulation: run.accumulation,
      sequences: batch,
      length,
      rows: capacity,
      plan: options.plan,
      masked: options.masked,
      quantized: options.quantized,
      dropout: adapter.dropout,
      clip: training.clip,
      weightDecay: training.weightDecay,
      seed: random.split('dropout').uint32(),
    }),
  );
  try {
    emitMemory(run, 'train', trainer.scratchBytes);
    await trainSteps(run, trainer, from, options, random);
  } finally {
    trainer.dispose();
  }
}

/** What a training step lacks room for, its batch split may have. */
async function withinMemory<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PareError && error.code === 'out-of-memory') throw new TrainingMemory(error);
    throw error;
  }
}

async function trainSteps(
  run: RunContext,
  trainer: SupernetTrainer,
  from: TrainingState,
  { elastic, plan, label, logged }: TrainOptions,
  random: Random,
): Promise<void> {
  const { recipe, data, control, journal } = run;
  const { training } = recipe;
  const order = new EpochOrder(data.split.train.length, training.batch, random.split('order'));
  const networks = Random.restore(from.networks);
  const state = stateNames(plan);
  let portion = 1;
  for (let { step } = from; step < training.steps;) {
    const end = Math.min(training.steps, step + portion);
    const began = performance.now();
    for (; step < end; step++) {
      const limits = sampleLimits(
        elastic,
        { sequences: training.batch, sampling: training.sampling, shared: plan.merge !== 'none', step },
        networks,
      );
      trainer.step(
        makeBatch(data.split.train, order.indices(step), data.trainShape),
        limits,
        learningRateAt(training, step),
      );
    }
    // On the CPU nothing else lets messages in: a stop would not be heard.
    await run.model.backend.idle();
    const losses = await trainer.losses();
    requireFinite(losses.values, losses.from);
    if (logged) run.emit({ type: 'losses', ...losses });
    progress(run, 'train', step);
    await journal.progress(`train ${label}`, { step, networks: networks.state() }, state);
    portion = nextPortion(portion, performance.now() - began);
    await control.checkpoint();
  }
}

/** Steps between two reads, so that reading comes about every quarter of a second and never fills the ring. */
function nextPortion(portion: number, elapsed: number): number {
  return Math.max(1, Math.min(32, Math.round((portion * readInterval) / Math.max(1, elapsed)), portion * 2));
}

function requireFinite(values: readonly number[], from: number): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new PareError(
    'diverged',
    `The loss of step ${from + bad + 1} is ${values[bad]}.`,
    'Lower the learning rate, or add warm-up steps, and run again.',
  );
}
