import type { Problem } from '../problem.ts';
import { each } from '../text.ts';

/** What one lane makes of Y; its four lanes stand two by two. */
export interface LaneTile {
  readonly rows: number;
  readonly columns: number;
}

/** Whether the rows of a lane end alike: all belong to one sequence, or are whole. */
export const alike = ({ limited, rowsPerSequence }: Problem, { rows }: LaneTile) =>
  !limited || rowsPerSequence % rows === 0;

/** The ends of the rows' inner sums and of their columns, and the steps that some row of the subgroup takes. */
export function rowLimits(problem: Problem, tile: LaneTile): string {
  const { rows } = tile;
  if (alike(problem, tile)) {
    return `let sequence = row / shape.rows_per_sequence;
  let inner_end = ends_of(shape.inner_limit, sequence, inner).x;
  let outer_end = ends_of(shape.outer_limit, sequence, columns).x;
  let stop = select(0u, max(inner_end, quadSwapY(inner_end)), corner.y < max(outer_end, quadSwapY(outer_end)));`;
  }
  return `let sequence = row / shape.rows_per_sequence;
  let next = (sequence + 1u) * shape.rows_per_sequence;
  let inner_ends = ends_of(shape.inner_limit, sequence, inner);
  let outer_ends = ends_of(shape.outer_limit, sequence, columns);
  ${each(rows, (i) => `let end${i} = select(inner_ends.x, inner_ends.y, row + ${i}u >= next);`)}
  let longest = max(end0, end${rows - 1});
  let widest = max(outer_ends.x, select(outer_ends.x, outer_ends.y, row + ${rows - 1}u >= next));
  let stop = select(0u, max(longest, quadSwapY(longest)), corner.y < max(widest, quadSwapY(widest)));`;
}

/** Four numbers of each row of X, those of the lane and those of its neighbour; then what they add to the row's sums. */
export function rowsOfX(problem: Problem, tile: LaneTile, use: (row: number) => string): string {
  const one = alike(problem, tile);
  const kept = (i: number) => (one ? `only(x[x${i} + k], kept)` : `keep(x[x${i} + k], at, end${i})`);
  return `${one ? 'let kept = before(at, inner_end);' : ''}
      ${each(tile.rows, (i) => `let u${i} = ${kept(i)}; let U${i} = quadSwapX(u${i}); ${use(i)}`)}`;
}

export const rowStarts = ({ rows }: LaneTile) =>
  each(rows, (i) => `let x${i} = min(row + ${i}u, rows - 1u) * (inner / 4u) + own;`);

/** Of a vec4. */
export const parts = ['x', 'y', 'z', 'w'] as const;
