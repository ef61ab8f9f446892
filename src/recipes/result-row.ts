import { costOf, denseModel, teraMacs } from '../evaluation/cost.ts';
import type { Scores } from '../evaluation/evaluator.ts';
import { wilson } from '../lib/statistics.ts';
import type { SubNetwork } from '../models/structure.ts';
import type { ResultRow } from '../session/events.ts';
import { scoreOf, type RunContext } from './run-context.ts';

export interface RowFacts {
  readonly label: string;
  readonly tag: ResultRow['tag'];
  readonly genome: readonly number[] | null;
  readonly subNetwork: SubNetwork;
  /** Weights that are zero as it ships, by mask or code. */
  readonly zeros: number;
  /** The linear modules of the blocks are INT4 codes. */
  readonly quantized: boolean;
  /** Adapters are part of the weights as shipped. */
  readonly merged: boolean;
  readonly speedup: number | null;
  /** Of the weights that ship; null where nothing would. */
  readonly bytes: number | null;
}

/** A row with the paper's columns (METHODS §10). Costs count adapters unmerged, as published. */
export function resultRow(
  { recipe, model }: Pick<RunContext, 'recipe' | 'model'>,
  facts: RowFacts,
  scores: Scores,
): ResultRow {
  const { structure } = model;
  const cost = costOf(structure, facts.subNetwork);
  const linear = costOf(structure, { ...facts.subNetwork, ranks: {} }).parameters;
  const counted = recipe.task !== 'perplexity';
  const score = scoreOf(recipe, scores);
  return {
    label: facts.label,
    tag: facts.tag,
    genome: facts.genome ? [...facts.genome] : null,
    score,
    examples: scores.examples,
    interval: counted ? wilson(Math.round(score * scores.examples), scores.examples) : null,
    sparsity: facts.zeros / linear,
    precision: precisionOf(model.info.dtype, facts),
    tmacsAt256: teraMacs(cost.macsPerToken),
    macsPerToken: cost.macsPerToken,
    totalParameters: cost.parameters,
    wholeModelParameters: cost.wholeModelParameters,
    nonZeroParameters: cost.parameters - facts.zeros - (facts.merged ? cost.adapterParameters : 0),
    speedup: facts.speedup,
    bytes: facts.bytes,
    tests: [],
  };
}

export const plainNetwork: SubNetwork = denseModel;

/** Base + adapter, as in the paper's column. */
function precisionOf(dtype: string, { quantized, merged, subNetwork }: RowFacts): string {
  const base = quantized ? 'INT4' : dtype.replaceAll(/\bF(?=\d)/g, 'FP');
  return !merged && Object.keys(subNetwork.ranks).length > 0 ? `${base} + FP32` : base;
}
