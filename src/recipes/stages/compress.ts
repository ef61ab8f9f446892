import { Pacer } from '../../backends/pacer.ts';
import type { Calibration, CalibrationBatch } from '../../compression/pruning/block-walk.ts';
import { activationSquares, pruneModel } from '../../compression/pruning/prune.ts';
import { applyOrder, channelImportance, descendingOrder } from '../../compression/ordering/order.ts';
import { makeBatch } from '../../datasets/batches.ts';
import { Random } from '../../lib/random.ts';
import type { ElasticSpace } from '../../search/space.ts';
import type { Recipe } from '../../session/recipe.ts';
import { beginStage, progress, type RunContext } from '../run-context.ts';

/** Training sequences behind the importance order where the recipe does not prune. */
const orderingSequences = 128;

/**
 * What happens to the weights before training: FFN channels in order of importance (LoNAS), element masks (Shears).
 * Returns the masked modules.
 */
export async function compressBase(run: RunContext, elastic: ElasticSpace): Promise<ReadonlySet<string>> {
  const { recipe } = run;
  const { backend, store, config } = run.model;
  const orders = ordersChannels(recipe, elastic);
  const { sparsity } = recipe;
  if (!orders && !sparsity) return new Set();
  beginStage(run, 'calibrate', config.layers * ((orders ? 1 : 0) + (sparsity ? 1 : 0)));
  let done = 0;
  const calibration: Calibration = {
    backend,
    store,
    config,
    batches: calibrationBatches(run, elastic),
    pacer: new Pacer(backend, run.control.checkpoint),
    onBlock: () => progress(run, 'calibrate', ++done),
  };
  if (orders) await orderChannels(run, calibration);
  return sparsity ? pruneModel(calibration, sparsity) : new Set();
}

async function orderChannels({ model }: RunContext, calibration: Calibration): Promise<void> {
  const squares = await activationSquares(calibration);
  for (let layer = 0; layer < model.config.layers; layer++) {
    const order = descendingOrder(await channelImportance(model.store, layer, squares));
    await applyOrder(model, layer, order);
    await calibration.pacer.rest();
  }
}

function ordersChannels({ elastic }: Recipe, { space }: ElasticSpace): boolean {
  return elastic?.order === 'importance' && space.groups.some(({ kind }) => kind === 'width');
}

/** Random training sequences, drawn by the recipe's seed; none where the recipe calibrates nothing. */
export function calibrationBatches(
  { recipe, data }: Pick<RunContext, 'recipe' | 'data'>,
  elastic: ElasticSpace,
): CalibrationBatch[] {
  const sequences = recipe.sparsity?.calibration ?? (ordersChannels(recipe, elastic) ? orderingSequences : 0);
  if (sequences === 0) return [];
  const { train } = data.split;
  const chosen = new Random(recipe.seed).split('calibration').permutation(train.length).slice(0, sequences);
  const shape = { ...data.evaluationShape, batch: Math.min(data.evaluationShape.batch, chosen.length) };
  const starts = Array.from({ length: Math.ceil(chosen.length / shape.batch) }, (_, i) => i * shape.batch);
  return starts.map((begin) =>
    makeBatch(train, chosen.slice(begin, begin + shape.batch), {
      ...shape,
      loss: 'all',
      capacity: shape.batch * shape.length,
    }),
  );
}
