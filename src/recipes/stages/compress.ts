import type { CalibrationBatch } from '../../compression/pruning/block-walk.ts';
import { activationSquares, pruneModel } from '../../compression/pruning/prune.ts';
import { channelImportance, descendingOrder, permuteChannels } from '../../compression/ordering/order.ts';
import { makeBatch } from '../../datasets/batches.ts';
import { Random } from '../../lib/random.ts';
import type { ElasticSpace } from '../../search/space.ts';
import { beginStage, progress, type RunContext } from '../run-context.ts';

/** Training sequences behind the importance order where the recipe does not prune. */
const orderingSequences = 128;

/**
 * What happens to the weights before training: FFN channels in order of importance (LoNAS), element masks (Shears).
 * Returns the masked modules.
 */
export async function compressBase(run: RunContext, elastic: ElasticSpace): Promise<ReadonlySet<string>> {
  const { recipe, model } = run;
  const orders = recipe.elastic?.order === 'importance' && elastic.space.groups.some(({ kind }) => kind === 'width');
  const { sparsity } = recipe;
  if (!orders && !sparsity) return new Set();
  const layers = model.config.layers;
  beginStage(run, 'calibrate', layers * ((orders ? 1 : 0) + (sparsity ? 1 : 0)));
  const batches = calibrationBatches(run, sparsity?.calibration ?? orderingSequences);
  let done = 0;
  const onBlock = async () => {
    progress(run, 'calibrate', ++done);
    await model.backend.idle();
    await run.control.checkpoint();
  };
  if (orders) await orderChannels(run, batches, onBlock);
  if (!sparsity) return new Set();
  return pruneModel(model.backend, model.store, model.config, batches, sparsity, onBlock);
}

async function orderChannels({ model }: RunContext, batches: readonly CalibrationBatch[], onBlock: () => Promise<void>): Promise<void> {
  const { backend, store, config } = model;
  const squares = await activationSquares(backend, store, config, batches, onBlock);
  for (let layer = 0; layer < config.layers; layer++) {
    const order = descendingOrder(await channelImportance(store, layer, squares));
    await permuteChannels(store, config, layer, order);
    model.orders.set(layer, order);
  }
}

/** Random training sequences, drawn by the recipe's seed. */
function calibrationBatches({ recipe, data }: RunContext, sequences: number): CalibrationBatch[] {
  const { train } = data.split;
  const chosen = new Random(recipe.seed).split('calibration').permutation(train.length).slice(0, sequences);
  const shape = { ...data.evaluationShape, batch: Math.min(data.evaluationShape.batch, chosen.length) };
  const starts = Array.from({ length: Math.ceil(chosen.length / shape.batch) }, (_, i) => i * shape.batch);
  return starts.map((begin) => makeBatch(train, chosen.slice(begin, begin + shape.batch), { ...shape, loss: 'all', capacity: shape.batch * shape.length }));
}
