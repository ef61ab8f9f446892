/** What comes out of a search: the front of everything scored whole, and one sub-network of it (METHODS §9). */
import { dominance } from './pareto.ts';
import { wholeOnes, type Evaluation } from './searcher.ts';

export interface ChoiceRule {
  /** Accuracy of the model to compare with, in the unit of the scores. */
  readonly reference: number;
  /** How much accuracy may be given up for fewer MACs. */
  readonly tolerance: number;
  /** Published: accuracy strictly above reference − tolerance. Pare: equal will do. */
  readonly strict?: boolean;
}

/** Scores are ratios of counts; this keeps 0.75 − 0.01 from missing a score of 0.74. */
const slack = 1e-9;

/** Feasible evaluations that no other one dominates, by rising first objective; of equal ones, the first. */
export function frontOf(evaluations: readonly Evaluation[]): Evaluation[] {
  const feasible = wholeOnes(evaluations).filter(isFeasible);
  const front: Evaluation[] = [];
  for (const candidate of [...feasible].sort(byObjectives)) {
    // Sorted so, a later point never dominates an earlier one.
    if (!front.some((kept) => dominatesOrEquals(kept.objectives, candidate.objectives)))
      front.push(candidate);
  }
  return front;
}

/**
 * The feasible sub-network with the least MACs whose accuracy is within the tolerance of the reference; null if there is
 * none. Objectives are [MACs, −accuracy, …]; the further ones decide only between equals.
 */
export function chooseSubNetwork(evaluations: readonly Evaluation[], rule: ChoiceRule): Evaluation | null {
  const bound = rule.reference - rule.tolerance;
  const isGoodEnough = (evaluation: Evaluation): boolean => {
    const accuracy = accuracyOf(evaluation);
    return rule.strict ? accuracy > bound + slack : accuracy >= bound - slack;
  };
  const feasible = wholeOnes(evaluations).filter(isFeasible);
  return feasible.filter(isGoodEnough).sort(byObjectives)[0] ?? null;
}

/**
 * By how much a score misses the least that is wanted; 0: feasible. The slack is that of the choice, so that what the
 * rule calls good enough is feasible too.
 */
export const shortfall = (score: number, least: number): number =>
  score >= least - slack ? 0 : least - score;

/** What to take where nothing is feasible: the smallest violation; of equal ones, that with the least MACs. */
export function leastViolated(evaluations: readonly Evaluation[]): Evaluation | null {
  return (
    wholeOnes(evaluations).sort((a, b) => violationOf(a) - violationOf(b) || byObjectives(a, b))[0] ?? null
  );
}

/** The most accurate feasible sub-network; of equal ones, that with the least MACs. */
export function mostAccurate(evaluations: readonly Evaluation[]): Evaluation | null {
  const feasible = wholeOnes(evaluations).filter(isFeasible);
  return feasible.sort((a, b) => accuracyOf(b) - accuracyOf(a) || byObjectives(a, b))[0] ?? null;
}

const violationOf = ({ violation = 0 }: Evaluation): number => violation;
const isFeasible = (evaluation: Evaluation): boolean => violationOf(evaluation) <= 0;
const accuracyOf = ({ objectives }: Evaluation): number => -(objectives[1] as number);

/** Lexicographic. */
function byObjectives(a: Evaluation, b: Evaluation): number {
  const i = a.objectives.findIndex((x, k) => x !== b.objectives[k]);
  return i < 0 ? 0 : (a.objectives[i] as number) - (b.objectives[i] as number);
}

function dominatesOrEquals(a: readonly number[], b: readonly number[]): boolean {
  return dominance(a, b) > 0 || a.every((x, i) => x === b[i]);
}
