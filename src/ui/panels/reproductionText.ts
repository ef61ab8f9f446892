import type { Reproduction, ReproductionKind, ReproductionRow } from '../../session/reproduction.ts';

export const titleOf = (kind: ReproductionKind): string =>
  kind === 'retrained' ? 'Reproduction' : 'Verification';

/** The verdict in a sentence. */
export function verdictOf({ matches, exact, rows }: Reproduction, kind: ReproductionKind): string {
  const done = kind === 'retrained' ? 'Reproduced' : 'Verified';
  const equal = rows.filter((row) => row.equal).length;
  const beyond = rows.filter((row) => !row.within).length;
  if (rows.length === 0) return 'There was nothing to compare.';
  if (!matches)
    return `Not ${done.toLowerCase()}: ${beyond} of ${rows.length} sub-networks differ by more than is allowed.`;
  if (equal === rows.length)
    return `${done}${exact ? ' bit for bit' : ''}: all ${rows.length} sub-networks score the same.`;
  return `${done} within the tolerance: ${equal} of ${rows.length} sub-networks score exactly the same.`;
}

/** How a sub-network's scores compare. */
export function rowVerdict({ here, equal, within, shared }: ReproductionRow): string {
  if (!here) return 'not scored';
  if (equal) return 'equal';
  if (here.macs !== shared.macs) return 'other MACs';
  return within ? 'within' : 'beyond';
}

/** What the score here is above the shared one, in points of accuracy or of perplexity. */
export function differenceText({ shared, here }: ReproductionRow, metric: 'accuracy' | 'perplexity'): string {
  if (!here) return '';
  if (here.score === shared.score) return '0';
  const difference =
    metric === 'accuracy' ? (here.score - shared.score) * 100 : 1 / here.score - 1 / shared.score;
  const sign = difference < 0 ? '−' : '+';
  const size = Math.abs(difference);
  return sign + (metric === 'accuracy' ? size.toFixed(2) : size.toPrecision(3));
}
