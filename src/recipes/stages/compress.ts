import { Pacer } from '../../backends/pacer.ts';
import type { Calibration, CalibrationBatch } from '../../compression/pruning/block-walk.ts';
import { maskOfZeros } from '../../compression/pruning/existing-zeros.ts';
import { activationSquares, pruneModel } from '../../compression/pruning/prune.ts';
import { dequantize } from '../../compression/quantization/dequantize.ts';
import { quantizeModel } from '../../compression/quantization/quantize-model.ts';
import { applyOrder, descendingOrder, importanceOf, type Unit } from '../../compression/ordering/order.ts';
import { makeBatch } from '../../datasets/batches.ts';
import { Random } from '../../lib/random.ts';
import { moduleShape, type BaseForm } from '../../models/elastic.ts';
import type { ElasticSpace, Group } from '../../search/space.ts';
import type { Recipe } from '../../session/recipe.ts';
import { beginStage, progress, type RunContext } from '../run-context.ts';

/** Training sequences behind the importance order where the recipe does not prune. */
const orderingSequences = 128;

/**
 * What happens to the weights before training: channels and heads in order of importance (LoNAS), element masks (Shears,
 * SQFT), INT4 codes (SQFT). The weights of the file stay as they are, beside all that. A model that came sparse or INT4
 * is used as such.
 */
export async function compressBase(run: RunContext, elastic: ElasticSpace): Promise<BaseForm> {
  const { recipe, model } = run;
  const { backend, store, config } = model;
  const units = orderedUnits(recipe, elastic);
  const { sparsity } = recipe;
  const quantization = model.quantized.size > 0 ? null : recipe.quantization;
  if (recipe.method === 'sqft-qa-sparsepeft') await floatWeights(run);
  if (units.length === 0 && !sparsity && !quantization)
    return { masked: new Set(), quantized: model.quantized };
  const walks = [units.length > 0, sparsity !== null, quantization !== null].filter(Boolean).length;
  beginStage(run, 'calibrate', config.layers * walks);
  let done = 0;
  const calibration = (sequences: number): Calibration => ({
    backend,
    store,
    config,
    batches: calibrationBatches(run, sequences),
    pacer: new Pacer(backend, run.control.checkpoint),
    onBlock: () => progress(run, 'calibrate', ++done),
  });
  if (units.length > 0) await orderUnits(run, units, calibration(orderingSequences));
  const masked = sparsity
    ? await sparsify(run, sparsity, calibration(sparsity.calibration))
    : new Set<string>();
  const quantized = quantization
    ? await quantize(calibration(quantization.calibration), quantization, masked)
    : model.quantized;
  return { masked, quantized };
}

/** The published script quantizes the modules of a block one after the other, each on what those before it put out. */
function quantize(
  calibration: Calibration,
  { method, group, symmetric, grid, damping }: NonNullable<Recipe['quantization']>,
  masked: ReadonlySet<string>,
): Promise<Set<string>> {
  const sequential = grid === 'published';
  return quantizeModel(calibration, { method, group, symmetric, rule: grid, damping, sequential }, masked);
}

async function sparsify(
  run: RunContext,
  { method, ratio, pattern }: NonNullable<Recipe['sparsity']>,
  calibration: Calibration,
): Promise<Set<string>> {
  // Zeros of INT4 codes cannot be chosen anew: they are what the model came with.
  if (method === 'existing' || run.model.quantized.size > 0)
    return maskOfZeros(run.model, calibration.onBlock);
  return pruneModel(calibration, { method, ratio, pattern });
}

/**
 * QA-SparsePEFT trains a float weight onto a fixed grid. A model that came as INT4 has none, so its dequantized codes
 * are taken (METHODS §7).
 */
async function floatWeights({ model }: RunContext): Promise<void> {
  const { store, quantized } = model;
  for (const module of quantized) {
    store.allocate(`${module}.weight`, { dtype: 'f32', shape: moduleShape(model, module) });
    store.write(`${module}.weight`, await dequantize(store, module));
  }
  await store.settled();
}

async function orderUnits(
  { model }: RunContext,
  units: readonly Unit[],
  calibration: Calibration,
): Promise<void> {
  const squares = await activationSquares(calibration);
  for (let layer = 0; layer < model.config.layers; layer++) {
    for (const unit of units) {
      const order = descendingOrder(await importanceOf(model, layer, unit, squares));
      await applyOrder(model, layer, unit, order);
    }
    await calibration.pacer.rest();
  }
}

/** What a sub-network may be cut by, where that is to be in order of importance. */
function orderedUnits({ elastic }: Recipe, { space }: ElasticSpace): Unit[] {
  if (elastic?.order !== 'importance') return [];
  const has = (kind: Group['kind']) => space.groups.some((group) => group.kind === kind);
  return [...(has('width') ? (['channels'] as const) : []), ...(has('heads') ? (['heads'] as const) : [])];
}

/** Training sequences that a recipe's calibration needs at most; 0 where it calibrates nothing. */
export function calibrationSequences({ recipe }: Pick<RunContext, 'recipe'>, elastic: ElasticSpace): number {
  const ordering = orderedUnits(recipe, elastic).length > 0 ? orderingSequences : 0;
  return Math.max(ordering, recipe.sparsity?.calibration ?? 0, recipe.quantization?.calibration ?? 0);
}

/** Random training sequences, drawn by the recipe's seed. */
export function calibrationBatches(
  { recipe, data }: Pick<RunContext, 'recipe' | 'data'>,
  sequences: number,
): CalibrationBatch[] {
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
