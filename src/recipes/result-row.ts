import { costOf, denseModel, teraMacs } from '../evaluation/cost.ts';
import type { Scores } from '../evaluation/evaluator.ts';
import { wilson } from '../lib/statistics.ts';
import type { SubNetwork } from '../models/structure.ts';
import type { ResultRow } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import { scoreOf, type RunContext } from './run-context.ts';

export interface RowFacts {
  readonly label: string;
  readonly tag: ResultRow['tag'];
  readonly genome: readonly number[] | null;
  readonly subNetwork: SubNetwork;
  /** Whether element masks apply. */
  readonly sparse: boolean;
  /** Adapters are part of the weights as shipped. */
  readonly merged: boolean;
  readonly speedup: number | null;
}

/** A row with the paper's columns (METHODS §10). Costs count adapters unmerged, as published. */
export function resultRow({ recipe, model }: RunContext, facts: RowFacts, scores: Scores): ResultRow {
  const { structure } = model;
  const cost = costOf(structure, facts.subNetwork);
  const pruned = facts.sparse ? prunedWeights(structure.modules, recipe) : 0;
  const linear = costOf(structure, { ...facts.subNetwork, ranks: {} }).parameters;
  const exact = recipe.task === 'exact';
  return {
    label: facts.label,
    tag: facts.tag,
    genome: facts.genome ? [...facts.genome] : null,
    score: scoreOf(recipe, scores),
    examples: scores.examples,
    interval: exact ? wilson(Math.round(scores.accuracy * scores.examples), scores.examples) : null,
    sparsity: pruned / linear,
    precision: precisionOf(model.info.dtype, !facts.merged && Object.keys(facts.subNetwork.ranks).length > 0),
    tmacsAt256: teraMacs(cost.macsPerToken),
    macsPerToken: cost.macsPerToken,
    totalParameters: cost.parameters,
    wholeModelParameters: cost.wholeModelParameters,
    nonZeroParameters: cost.parameters - pruned - (facts.merged ? cost.adapterParameters : 0),
    speedup: facts.speedup,
  };
}

export const plainNetwork: SubNetwork = denseModel;

/** Weights that a mask zeroes: as many in every row of every pruned module. */
function prunedWeights(modules: readonly { role: string; shape: readonly [number, number] }[], { sparsity }: Recipe): number {
  if (!sparsity) return 0;
  const { pattern, ratio } = sparsity;
  return modules
    .filter(({ role }) => role !== 'head')
    .reduce((sum, { shape: [rows, columns] }) => sum + rows * (pattern ? prunedByPattern(columns, pattern) : Math.trunc(columns * ratio)), 0);
}

/** N of every M; a short last group loses N as well, or all it has. */
function prunedByPattern(columns: number, { n, m }: { n: number; m: number }): number {
  return Math.floor(columns / m) * n + Math.min(n, columns % m);
}

function precisionOf(dtype: string, withAdapter: boolean): string {
  const base = dtype.replace('F', 'FP').replace('BFP', 'BF');
  return withAdapter ? `${base} + FP32` : base;
}
