import { hiddenParts } from '../compression/pruning/block-walk.ts';
import { gptqMoments } from '../compression/quantization/quantize-model.ts';
import { evaluationGraph } from '../evaluation/evaluator.ts';
import { forwardGraph } from '../evaluation/latency.ts';
import { scoringGraphs, type BatchOptions } from '../evaluation/batch-scorer.ts';
import { generationShape, scoredOf, type ScoredSet } from '../evaluation/scorer.ts';
import type { Graph } from '../graph/graph.ts';
import { planMemory } from '../graph/plan.ts';
import { bytesOf, type TensorSpec } from '../graph/tensor.ts';
import { gridSpec } from '../kernels/int4.ts';
import { PareError } from '../lib/assert.ts';
import { cacheSpecs } from '../models/cache.ts';
import { codesName, gridName, moduleShape } from '../models/elastic.ts';
import type { DecoderOptions } from '../models/decoder.ts';
import { bytes as inBytes } from '../session/format.ts';
import { sharedBlocks } from '../search/shared-blocks.ts';
import type { Recipe } from '../session/recipe.ts';
import { trainingGraph } from '../training/graph.ts';
import { scoringRule, type LoadedData } from './loaded-data.ts';
import { prepareData, type PreparedData } from './data.ts';
import type { LoadedModel } from './model.ts';
import { elasticSpaceOf } from './space.ts';
import { calibrationBatches, calibrationSequences } from './stages/compress.ts';
import type { MemoryEstimate } from './summaries.ts';
import { planOf } from './trained.ts';

const remedies = {
  batch: 'Lower the batch size or the longest example.',
  gptq: 'Quantize with round-to-nearest, which measures no inputs.',
};

interface Estimate extends MemoryEstimate {
  /** What to do where it does not fit. */
  readonly remedy: string;
}

/**
 * The memory that a run will need, from the very graphs that it will run. Nothing is allocated. Weights: the model's
 * own, its masks, and the chosen model's copy at the end. Adapters: with their moments. Activations: what the stage
 * that needs most works with. They are never all held at once, so the total is a little more than the peak.
 */
export function estimateMemory(model: LoadedModel, data: LoadedData, recipe: Recipe): Estimate {
  const prepared = prepareData(data, model, recipe);
  const { training, scoring, testing, speed } = graphsOf(model, prepared, recipe);
  const hidden = hiddenSpecs(model, prepared, recipe);
  const moments = quantizerMoments(model, recipe);
  const graphs = [training, ...scoring, ...testing, speed];
  const all = [...storedSpecs(model, graphs)];
  const stored = new Map(all.filter(([name]) => !isResult(name)));
  const cost = (specs: Iterable<TensorSpec>) => sum([...specs].map((spec) => model.store.cost(spec)));
  const own = cost(namesOf(model).map((name) => model.store.spec(name)));
  const adapters = cost([...stored].filter(([name]) => isAdapter(name)).map(([, spec]) => spec));
  const weights = own + cost(stored.values()) - adapters;
  // A walk over the blocks works with no more than scoring does, beside the hidden states that it keeps and what GPTQ
  // measures. Speed is measured with two programs at a time.
  const scored =
    Math.max(sum(scoring.map(workOf)), sum(testing.map(workOf))) +
    cost(all.filter(([name]) => isResult(name)).map(([, spec]) => spec));
  const walked = cost(hidden) + Math.max(0, ...moments.map(cost));
  const caches = generationCaches(model, prepared, recipe);
  const activations = Math.max(workOf(training), scored + Math.max(walked, cost(caches)), 2 * workOf(speed));
  const largestMeasure = Math.max(0, ...moments.flat().map(bytesOf));
  const largestBuffer = Math.max(
    largestMeasure,
    ...graphs.flatMap(buffersOf),
    ...[...all.map(([, spec]) => spec), ...hidden, ...caches].map(bytesOf),
  );
  const bufferLimit = model.backend.facts.maxTensorBytes;
  const fits = largestBuffer <= bufferLimit;
  const remedy = largestMeasure === largestBuffer ? remedies.gptq : remedies.batch;
  const { train, validation, test, tooLong } = prepared.info;
  return {
    weights,
    adapters,
    activations,
    total: weights + adapters + activations,
    largestBuffer,
    bufferLimit,
    split: { train, validation, test, tooLong },
    fits,
    problem: fits ? null : `${tooLarge({ largestBuffer, bufferLimit })} ${remedy}`,
    remedy,
  };
}

/** Refuses a run that the device cannot hold. */
export function requireFits(estimate: Estimate): void {
  if (estimate.fits) return;
  const { largestBuffer, bufferLimit, remedy } = estimate;
  throw new PareError('does-not-fit', tooLarge(estimate), remedy, { largestBuffer, bufferLimit });
}

function tooLarge({
  largestBuffer,
  bufferLimit,
}: Pick<MemoryEstimate, 'largestBuffer' | 'bufferLimit'>): string {
  return `One buffer would need ${inBytes(largestBuffer)} and this device allows ${inBytes(bufferLimit)}.`;
}

/** A training step, what the search and the test score with, and what speed is measured with, all on the super-network. */
export function graphsOf(
  model: LoadedModel,
  { trainShape, evaluationShape: shape, validation, test }: PreparedData,
  recipe: Recipe,
) {
  const { backend, config, structure } = model;
  const elastic = elasticSpaceOf(structure, recipe);
  const plan = planOf(elastic, model, recipe);
  const linear = structure.modules.filter(({ role }) => role !== 'head').map(({ name }) => name);
  const options = (sequences: number, length: number): DecoderOptions => ({
    sequences,
    length,
    ropePositions: length,
    plan,
    masked: new Set(recipe.sparsity ? linear : []),
    quantized: new Set(recipe.quantization ? linear : model.quantized),
    specOf: (name) => specOf(model, recipe, name),
  });
  const task = recipe.task;
  const graphsFor = (set: ScoredSet, search: BatchOptions['search']): Graph[] =>
    task === 'generated'
      ? [
          evaluationGraph(
            config,
            options(shape.batch, shape.length),
            shape,
            Math.ceil(set.examples.length / shape.batch),
          ),
        ]
      : scoringGraphs({ backend, config, plan }, scoredOf(set, task), { search }, options);
  const candidates = Math.max(3, recipe.search?.evaluations ?? 0);
  const search = sharedBlocks(elastic, config.layers, candidates);
  const training = {
    ...options(trainShape.batch, trainShape.length),
    rows: trainShape.capacity,
    dropout: recipe.adapter.dropout,
    clip: recipe.training.clip,
  };
  return {
    training: trainingGraph(config, training),
    scoring: graphsFor(validation, elastic.space.groups.length > 0 ? search : undefined),
    testing: graphsFor(test, undefined),
    speed: forwardGraph(config, options(shape.batch, shape.length)),
  };
}

/** The KV caches of the answers that are written at a time, where answers are written. */
function generationCaches(model: LoadedModel, { split }: PreparedData, recipe: Recipe): TensorSpec[] {
  if (recipe.task !== 'generated') return [];
  const examples = [...split.validation, ...split.test];
  const { sequences, capacity } = generationShape(model, examples, scoringRule(recipe));
  return [...cacheSpecs(model, sequences * capacity).values()];
}

/** Hidden states of the calibration sequences, where the recipe calibrates. */
function hiddenSpecs(model: LoadedModel, data: PreparedData, recipe: Recipe): TensorSpec[] {
  const elastic = elasticSpaceOf(model.structure, recipe);
  const batches = calibrationBatches({ recipe, data }, calibrationSequences({ recipe }, elastic));
  if (batches.length === 0) return [];
  const { config, backend } = model;
  return hiddenParts(batches, config.hiddenSize, backend.facts.maxTensorBytes).map(({ spec }) => spec);
}

/** What GPTQ holds while it is at a module, for each module of the model, where the recipe quantizes by it. */
function quantizerMoments(model: LoadedModel, { quantization }: Recipe): TensorSpec[][] {
  if (quantization?.method !== 'gptq' || model.quantized.size > 0) return [];
  const { config } = model;
  const { grid: rule, ...options } = quantization;
  const sequential = rule === 'published';
  return Array.from({ length: config.layers }, (_, layer) =>
    gptqMoments(config, layer, (module) => moduleShape(model, module), { ...options, rule, sequential }),
  ).flat();
}

/** All that lives in the store while a run goes on, each once. */
function storedSpecs(model: LoadedModel, graphs: readonly Graph[]): Map<string, TensorSpec> {
  const specs = new Map<string, TensorSpec>();
  for (const name of namesOf(model)) specs.set(name, model.store.spec(name));
  for (const { tensors } of graphs)
    for (const tensor of tensors) if (tensor.kind === 'stored') specs.set(tensor.name, tensor);
  return specs;
}

/** The tensors of the model as it was opened. */
const namesOf = ({ folder, quantized }: LoadedModel): string[] => [
  ...folder.tensors.keys(),
  ...[...quantized].flatMap((module) => [codesName(module), gridName(module)]),
];

/** What scoring leaves in the store while it goes on. */
const isResult = (name: string) => name.startsWith('scoring.') || name.startsWith('evaluation.');

/** Adapters and their moments. */
const isAdapter = (name: string) => /\.lora_[AB]\.weight/.test(name);

/** The buffers of a program's own: scratch memory and inputs. */
function buffersOf(graph: Graph): number[] {
  return [...planMemory(graph).slots, ...graph.tensors.filter(({ kind }) => kind === 'input').map(bytesOf)];
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);

const workOf = (graph: Graph) => sum(buffersOf(graph));

/** What the store holds, or will hold once the recipe has compressed the base. */
function specOf(model: LoadedModel, { quantization }: Recipe, name: string): TensorSpec {
  if (model.store.has(name)) return model.store.spec(name);
  const shape = moduleShape(model, name.replace(/\.[a-z]+$/, ''));
  if (name.endsWith('.mask')) return { dtype: 'u32', shape: [shape[0], Math.ceil(shape[1] / 32)] };
  if (name.endsWith('.codes')) return { dtype: 'i4', shape };
  if (name.endsWith('.grid')) return gridSpec(shape, quantization!.group);
  // The float weights that QA-SparsePEFT makes of a model that came as INT4.
  return { dtype: 'f32', shape };
}
