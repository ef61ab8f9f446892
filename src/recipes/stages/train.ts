import { initAdapters } from '../../compression/adapters/init.ts';
import { EpochOrder, makeBatch } from '../../datasets/batches.ts';
import { Random } from '../../lib/random.ts';
import { PareError } from '../../lib/assert.ts';
import type { BaseForm, ElasticPlan } from '../../models/elastic.ts';
import type { ElasticSpace } from '../../search/space.ts';
import { sampleLimits } from '../../training/sampling.ts';
import { learningRateAt } from '../../training/schedule.ts';
import { SupernetTrainer } from '../../training/trainer.ts';
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

/** Trains fresh adapters for the recipe's steps; the adapters stay in the store. */
export async function trainAdapters(run: RunContext, options: TrainOptions): Promise<void> {
  const { recipe, model, data } = run;
  const { training, adapter } = recipe;
  const random = new Random(recipe.seed).split(`train ${options.label}`);
  initAdapters(model.store, options.plan, random.split('adapters'));
  if (training.steps === 0) return;
  const { batch, length, capacity } = data.trainShape;
  const trainer = await SupernetTrainer.create(model.backend, model.store, model.config, {
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
  });
  try {
    await trainSteps(run, trainer, options, random);
  } finally {
    trainer.dispose();
  }
}

async function trainSteps(
  run: RunContext,
  trainer: SupernetTrainer,
  { elastic, plan, logged }: TrainOptions,
  random: Random,
): Promise<void> {
  const { recipe, data, control } = run;
  const { training } = recipe;
  const order = new EpochOrder(data.split.train.length, training.batch, random.split('order'));
  const networks = random.split('sub-networks');
  let portion = 1;
  for (let step = 0; step < training.steps;) {
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
    const { from, values } = await trainer.losses();
    requireFinite(values, from);
    if (logged) run.emit({ type: 'losses', from, values });
    progress(run, 'train', step);
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
