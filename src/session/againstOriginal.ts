import type { ResultRow } from './events.ts';
import { scoreText } from './format.ts';
import { sameGenome } from './view.ts';
import type { SessionView } from './view.ts';

/** A measured model beside the model as it was opened, on the same test examples. */
export interface AgainstOriginal {
  readonly original: ResultRow;
  /** `2.5 points below the untuned original (within noise)`. */
  readonly text: string;
  /** Noise of perplexities is not known: any difference counts. */
  readonly verdict: 'better' | 'worse' | 'alike';
}

/** The row of the chosen model as it ships; undefined where there is none yet. */
export const chosenRow = ({ results, chosen }: Pick<SessionView, 'results' | 'chosen'>) =>
  results.findLast(
    ({ tag, genome }) => tag === 'chosen' && chosen !== null && sameGenome(genome, chosen.genome),
  );

/** null where the original was not measured. */
export function againstOriginal(
  row: ResultRow,
  { results, metric }: Pick<SessionView, 'results' | 'metric'>,
): AgainstOriginal | null {
  const original = results.find(({ tag }) => tag === 'untuned-dense');
  if (!original) return null;
  const difference = row.score - original.score;
  const within = difference !== 0 && isNoise(row, original);
  const verdict = difference === 0 || within ? 'alike' : difference > 0 ? 'better' : 'worse';
  const text = metric === 'accuracy' ? pointsText(difference) : perplexityText(difference, original);
  return { original, verdict, text: within ? `${text} (within noise)` : text };
}

function pointsText(difference: number): string {
  if (difference === 0) return 'as accurate as the untuned original';
  const points = Math.abs(difference * 100).toFixed(1);
  return `${points} points ${difference > 0 ? 'above' : 'below'} the untuned original`;
}

function perplexityText(difference: number, original: ResultRow): string {
  const beside = `the untuned original’s ${scoreText(original.score, 'perplexity')}`;
  if (difference === 0) return `the same as ${beside}`;
  return `${difference > 0 ? 'better' : 'worse'} than ${beside}`;
}

/**
 * Whether the 95 % interval of the difference of two shares holds 0 (Newcombe's, of the two Wilson intervals). The shares
 * are of the same examples, which makes the true interval narrower: this one errs towards noise.
 */
function isNoise(a: ResultRow, b: ResultRow): boolean {
  const [high, low] = a.score >= b.score ? [a, b] : [b, a];
  if (!high.interval || !low.interval) return false;
  return high.score - low.score <= Math.hypot(high.score - high.interval[0], low.interval[1] - low.score);
}
