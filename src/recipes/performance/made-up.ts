import type { Backend, Store } from '../../backends/backend.ts';
import { batchShape, evaluationBatches } from '../../datasets/batches.ts';
import { Random } from '../../lib/random.ts';
import { denseBase } from '../../models/elastic.ts';
import { elasticPlanOf } from '../../search/plan.ts';
import { buildSpace } from '../../search/presets.ts';
import type { LoadedModel } from '../model.ts';
import type { Workload } from './workload.ts';

/** Sequences and tokens of each: what a step of training reads. */
export interface BatchSize {
  readonly sequences: number;
  readonly length: number;
}

export const rank = 8;
const [mostSequences, mostLength] = [8, 128];
const batches = 2;

/** Adapters, masks and the like: what a run has put beside the weights. */
const ofRuns =
  /\.lora_[AB]\.weight$|\.(mask|codes|grid)$|\.moment[12]$|^(calibration|rope|training|evaluation|cache)\./;
const packed = /\.(codes|grid)$/;

/**
 * The largest batch, up to 8 × 128, whose tokens × parameters stay within a budget, so that a large model is measured in
 * seconds on a slow device too.
 */
export function batchSize(parameters: number, maxPositions: number, budget: number): BatchSize {
  let [sequences, length] = [
    mostSequences,
    Math.min(mostLength, Math.max(4, maxPositions - (maxPositions % 4))),
  ];
  while (sequences * length * parameters > budget && sequences * length > 16) {
    if (sequences > 1) sequences /= 2;
    else length = Math.max(16, Math.floor(length / 8) * 4);
  }
  return { sequences, length };
}

/**
 * Work of the open model's shape, on weights that are all zero in a store of their own: how long it takes does not
 * depend on them, and nothing of the model or of its runs is touched. Plain LoRA (r = 8) on all linear modules.
 */
export function madeUpWorkload(backend: Backend, model: LoadedModel, size: BatchSize): Workload {
  const { config, structure, quantized } = model;
  const store = emptyCopy(backend, model);
  const targets = [...new Set(structure.modules.map(({ role }) => role))].filter((role) => role !== 'head');
  const elastic = buildSpace(structure, {
    variant: 'published',
    preset: 'shears',
    rank,
    targets,
    rankFractions: [1],
  });
  const random = new Random(1);
  const ids = (count: number) => Array.from({ length: count }, () => random.integer(config.vocabSize));
  const examples = Array.from({ length: size.sequences * batches }, () => ({
    ids: ids(size.length),
    answerStart: 0,
    prompt: '',
    answer: '',
  }));
  const shape = batchShape(examples, size.sequences, 'all');
  const made = [...evaluationBatches(examples, shape)];
  return {
    description: `${model.info.name}: ${size.sequences} × ${size.length} tokens, LoRA r = ${rank}`,
    backend,
    store,
    config,
    elastic,
    plan: elasticPlanOf(elastic, structure.layers, { rank, alpha: 2 * rank }),
    base: { ...denseBase, quantized },
    trainShape: shape,
    evaluationShape: shape,
    train: made,
    validation: made,
    prompt: config.maxPositions >= 32 ? ids(Math.min(16, config.maxPositions / 2)) : null,
  };
}

function emptyCopy(backend: Backend, { store, quantized }: LoadedModel): Store {
  const copy = backend.createStore();
  for (const name of store.names())
    if (!ofRuns.test(name) || (quantized.size > 0 && packed.test(name)))
      copy.allocate(name, store.spec(name));
  return copy;
}
