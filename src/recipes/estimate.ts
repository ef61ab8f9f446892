import { evaluationGraph } from '../evaluation/evaluator.ts';
import type { Graph } from '../graph/graph.ts';
import { planMemory } from '../graph/plan.ts';
import { bytesOf, type TensorSpec } from '../graph/tensor.ts';
import { adapterA, adapterB, maskName } from '../models/elastic.ts';
import { bytes as inBytes } from '../session/format.ts';
import { PareError } from '../lib/assert.ts';
import type { Recipe } from '../session/recipe.ts';
import { trainingGraph } from '../training/graph.ts';
import { prepareData, type LoadedData } from './data.ts';
import type { LoadedModel } from './model.ts';
import { elasticSpaceOf } from './space.ts';
import type { MemoryEstimate } from './summaries.ts';
import { planOf } from './trained.ts';

/**
 * The memory that a run will need, from the very graphs that it will run: their scratch memory as planned, the weights
 * as they are, adapters with their moments, masks. Nothing is allocated.
 */
export function estimateMemory(model: LoadedModel, data: LoadedData, recipe: Recipe): MemoryEstimate {
  const prepared = prepareData(data, model, recipe);
  const plan = planOf(elasticSpaceOf(model.structure, recipe), model, recipe);
  const masked = new Set(recipe.sparsity ? model.structure.modules.filter(({ role }) => role !== 'head').map(({ name }) => name) : []);
  const specOf = (name: string) => specWithMask(model, name);
  const { batch, length, capacity } = prepared.trainShape;
  const common = { plan, masked, specOf };
  const training = trainingGraph(model.config, {
    ...common,
    sequences: batch,
    length,
    rows: capacity,
    ropePositions: length,
    dropout: recipe.adapter.dropout,
    clip: recipe.training.clip,
  });
  const { evaluationShape: scored } = prepared;
  const scoredOptions = { ...common, sequences: scored.batch, length: scored.length, ropePositions: scored.length };
  const scoring = evaluationGraph(model.config, scoredOptions, scored, prepared.validation.length);
  const weights = sumOf([...model.folder.tensors.keys()].map((name) => model.store.spec(name)));
  const adapters = 3 * sumOf(training.tensors.filter(({ name }) => isAdapter(name, plan.adapters.keys())));
  const masks = sumOf([...masked].map((module) => specOf(maskName(module))));
  const activations = Math.max(scratchOf(training), scratchOf(scoring));
  const largestBuffer = Math.max(...[training, scoring].flatMap((graph) => [...planMemory(graph).slots, ...graph.tensors.filter(({ kind }) => kind === 'stored').map(bytesOf)]));
  const bufferLimit = model.backend.facts.maxTensorBytes;
  const fits = largestBuffer <= bufferLimit;
  const { train, validation, test, tooLong } = prepared.info;
  return {
    weights: weights + masks,
    adapters,
    activations,
    total: weights + masks + adapters + activations,
    largestBuffer,
    bufferLimit,
    split: { train, validation, test, tooLong },
    fits,
    problem: fits ? null : `One buffer would need ${inBytes(largestBuffer)} and this device allows ${inBytes(bufferLimit)}. Lower the batch size or the longest example.`,
  };
}

const scratchOf = (graph: Graph) => planMemory(graph).slots.reduce((sum, bytes) => sum + bytes, 0);

const sumOf = (specs: readonly TensorSpec[]) => specs.reduce((sum, spec) => sum + bytesOf(spec), 0);

function isAdapter(name: string, modules: Iterable<string>): boolean {
  for (const module of modules) if (name === adapterA(module) || name === adapterB(module)) return true;
  return false;
}

function specWithMask({ store }: LoadedModel, name: string): TensorSpec {
  if (!name.endsWith('.mask')) return store.spec(name);
  const [rows, columns] = store.spec(name.replace(/\.mask$/, '.weight')).shape as [number, number];
  return { dtype: 'u32', shape: [rows, Math.ceil(columns / 32)] };
}

/** Refuses a run that the device cannot hold, with the number and what to lower. */
export function requireFits({ fits, problem, largestBuffer, bufferLimit }: MemoryEstimate): void {
  if (fits) return;
  const message = problem ?? `One buffer would need ${largestBuffer} bytes; this device allows ${bufferLimit}.`;
  throw new PareError('does-not-fit', message, 'Lower the batch size or the maximal length, or use a smaller model.');
}
