import { bayesianRidge } from './ridge.ts';
import { genomeKey, type Genome, type Group } from './space.ts';

/** A sub-network that was scored; points of a session view and of the log fit. */
export interface ScoredGenome {
  readonly genome: Genome | null;
  readonly macs: number;
  readonly score: number;
  /** Where scoring was stopped: the score is only what it could have been, and tells nothing of the genes. */
  readonly unfinished?: object | null | undefined;
}

/** What one gene is worth. Positive: keeping more of it raises the score (or the MACs). */
export interface GroupImportance {
  readonly id: string;
  readonly kind: Group['kind'];
  readonly layer: number;
  /**
   * Change of the score from the group's smallest to its largest choice that was tried, the others at their average; in
   * the unit of the scores.
   */
  readonly score: number;
  /** Standard error of `score`. What is within two of them of zero may be noise (`isNoise`). */
  readonly error: number;
  /** Change of the MACs a token over the same range. */
  readonly macs: number;
}

/** More points than this tell little more, and take time that grows with their cube; they are thinned evenly. */
const mostPoints = 400;

/** Whether a score's importance cannot be told from none (two standard errors, about 95 %). */
export const isNoise = ({ score, error }: Pick<GroupImportance, 'score' | 'error'>): boolean =>
  Math.abs(score) <= 2 * error;

/**
 * How much each group (a layer's rank, width, heads or block) matters, from what a search has scored anyway.
 *
 * Score and MACs are regressed on the fraction of the full size that each group keeps, by Bayesian ridge regression
 * (`ridge.ts`). Why so: a search scores 40 to 200 sub-networks of 10 to 200 genes, often fewer than there are genes, and
 * its survivors resemble each other, so that plain least squares or one-gene averages would blame one gene for what its
 * companions did. Ridge shares the effect among genes that moved together, and the error grows with that doubt. What a
 * tree ensemble (as in fANOVA) could say beyond this, interactions, so few points do not support.
 *
 * The model is additive: a figure is an average over whatever else was chosen. A group that never varied gets zeros.
 */
export function groupImportance(
  groups: readonly Group[],
  points: readonly ScoredGenome[],
): GroupImportance[] {
  const scored = thin(distinct(groups, points));
  const features = groups.map((group, gene) => featureOf(group, gene, scored));
  const columns = features.map(({ column }) => column);
  const score = bayesianRidge(columns, centred(scored.map((point) => point.score)));
  const macs = bayesianRidge(columns, centred(scored.map((point) => point.macs)));
  return groups.map(({ id, kind, layer }, gene) => {
    const { spread } = features[gene] as Feature;
    return {
      id,
      kind,
      layer,
      score: (score.coefficients[gene] as number) * spread,
      error: (score.errors[gene] as number) * spread,
      macs: (macs.coefficients[gene] as number) * spread,
    };
  });
}

type Scored = ScoredGenome & { readonly genome: Genome };

/** Each genome once: a point that was logged again under another tag is no second measurement. */
function distinct(groups: readonly Group[], points: readonly ScoredGenome[]): Scored[] {
  const byKey = new Map<string, Scored>();
  for (const { genome, macs, score, unfinished } of points) {
    if (!unfinished && genome?.length === groups.length)
      byKey.set(genomeKey(genome), { genome, macs, score });
  }
  return [...byKey.values()];
}

function thin(points: readonly Scored[]): readonly Scored[] {
  if (points.length <= mostPoints) return points;
  return Array.from(
    { length: mostPoints },
    (_, i) => points[Math.floor((i * points.length) / mostPoints)] as Scored,
  );
}

interface Feature {
  /** Fractions kept, centred and divided by their standard deviation. */
  readonly column: Float64Array;
  /** Range of the fractions that were tried, in standard deviations. */
  readonly spread: number;
}

function featureOf({ choices }: Group, gene: number, points: readonly Scored[]): Feature {
  const full = Math.max(...choices, 1);
  const fractions = points.map(({ genome }) => (choices[genome[gene] as number] ?? 0) / full);
  const column = centred(fractions);
  const deviation = Math.sqrt(column.reduce((sum, x) => sum + x * x, 0) / Math.max(1, points.length));
  const range = fractions.reduce((most, x) => Math.max(most, x), 0) - Math.min(...fractions, 1);
  // Rounding of the mean alone is no variation.
  if (deviation < 1e-9) return { column: column.fill(0), spread: 0 };
  return { column: column.map((x) => x / deviation), spread: range / deviation };
}

/** Minus the mean; exactly zero where all values are equal. */
function centred(values: readonly number[]): Float64Array {
  const first = values[0] ?? 0;
  const offset = values.reduce((sum, value) => sum + (value - first), 0) / Math.max(1, values.length);
  return Float64Array.from(values, (value) => value - first - offset);
}
