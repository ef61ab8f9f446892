import type { HostTensor } from '../graph/op.ts';

/**
 * Elastic sizes. `limits` is i32 [sequences, groups]: how many leading columns (rank, width) each sequence's
 * sub-network keeps. A kernel names the group that limits it, or null for the full size.
 */
export interface RowLimits {
  readonly group: number | null;
  readonly rowsPerSequence: number;
}

/** The number of active columns of matrix row `row`. */
export function activeColumns(
  limits: HostTensor | null,
  { group, rowsPerSequence }: RowLimits,
  row: number,
  full: number,
): number {
  if (group === null || !limits) return full;
  const groups = limits.shape[1]!;
  return Math.min(full, limits.data[Math.floor(row / rowsPerSequence) * groups + group]!);
}
