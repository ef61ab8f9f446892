import { PareError } from '../lib/assert.ts';
import { roleOf } from '../models/structure.ts';
import type { Method, Recipe } from '../session/recipe.ts';
import type { LoadedModel } from './model.ts';
import { presets } from './presets.ts';
import { elasticSpaceOf } from './space.ts';
import { planOf } from './trained.ts';

/** Recipes that an INT4 base serves: with adapters beside it, or trained on its own grid. */
const onInt4: ReadonlySet<Method> = new Set(['lora', 'sqft', 'sqft-qa-sparsepeft']);

/** Refuses a model that a recipe cannot start from, with what to do instead. */
export function requireStart(model: LoadedModel, recipe: Recipe): void {
  const { info, quantized, structure } = model;
  const { label } = presets[recipe.method];
  if (quantized.size > 0 && !onInt4.has(recipe.method)) {
    throw new PareError(
      'model-is-int4',
      `${info.name} is an INT4 model, and ${label} needs floating-point weights.`,
      'Choose SQFT, SQFT + QA-SparsePEFT or LoRA, or open the model as it was before quantization.',
    );
  }
  if (quantized.size > 0 && recipe.adapter.targets.some((role) => role === 'head' || role === 'embedding')) {
    throw new PareError(
      'adapter-targets',
      'Adapters on head and embedding ship only where they merge, and nothing merges into INT4 codes.',
      'Take head and embedding out of the adapted modules.',
    );
  }
  if (recipe.method === 'sqft-qa-sparsepeft' && quantized.size > 0 && model.sparsity === 0) {
    throw new PareError(
      'model-not-sparse',
      `${info.name} is INT4 without zeros, and its codes can no longer be pruned well.`,
      'Start from the floating-point model: the recipe prunes and quantizes it itself.',
    );
  }
  if (quantized.size === 0 && recipe.sparsity?.method === 'existing' && model.sparsity === 0) {
    throw new PareError(
      'model-not-sparse',
      `${info.name} has no zeros to keep.`,
      'Prune by Wanda instead, or open a model that is already sparse.',
    );
  }
  if (recipe.method !== 'lora' && elasticSpaceOf(structure, recipe).space.groups.length === 0) {
    throw new PareError(
      'search-space-empty',
      `${label} has nothing to choose: on ${info.name} every rank, width and head has one size only.`,
      'Give ranks or widths more than one fraction, or choose LoRA.',
    );
  }
  requireRoom(model, recipe);
  if (recipe.quantization && quantized.size === 0) requireGroups(structure, recipe.quantization.group);
}

/** The adapter that came with a model is gone on from, so the recipe's must be able to hold it. */
function requireRoom(model: LoadedModel, recipe: Recipe): void {
  const given = model.plan.adapters;
  if (given.size === 0) return;
  const { adapters } = planOf(elasticSpaceOf(model.structure, recipe), model, recipe);
  const widest = Math.max(...[...given.values()].map(({ rank }) => rank));
  const without = 'Or open the folder without its adapter.';
  if (widest > recipe.adapter.rank)
    throw new PareError(
      'adapter-rank',
      `${model.info.name} comes with an adapter of rank ${widest}, and the recipe's have rank ${recipe.adapter.rank}.`,
      `Set the rank to ${widest} or more. ${without}`,
    );
  const missing = [...given.keys()].find((module) => !adapters.has(module));
  if (missing === undefined) return;
  throw new PareError(
    'adapter-targets',
    `${model.info.name} comes with an adapter on ${missing}, which the recipe does not adapt.`,
    `Add ${roleOf(model.config, missing)} to the adapted modules. ${without}`,
  );
}

/**
 * Groups must divide the inputs of every module, or be no smaller: compressed-tensors' own loader refuses a last, short
 * group. FFN widths are checked as they are, since INT4 recipes never cut them.
 */
function requireGroups({ modules }: LoadedModel['structure'], group: number): void {
  const odd = modules.find(
    ({ role, shape }) => role !== 'head' && shape[1] > group && shape[1] % group !== 0,
  );
  if (!odd) return;
  const [, inputs] = odd.shape;
  const smaller = [64, 32].filter(
    (size) => size < group && modules.every(({ shape }) => shape[1] % size === 0),
  );
  throw new PareError(
    'group-size',
    `Groups of ${group} do not divide the ${inputs} inputs of ${odd.name}.`,
    smaller.length > 0
      ? `Choose a group of ${smaller.join(' or ')}.`
      : 'No group size divides this model: choose a recipe without INT4.',
  );
}
