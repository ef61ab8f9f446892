import type { ComparisonRow } from '../../session/comparisonSchema.ts';

/** The rows of one recipe, whichever seeds it was run with. */
export interface RecipeGroup {
  key: string;
  method: ComparisonRow['method'];
  variant: string;
  /** All that any of its rows was measured with, ascending. */
  seeds: readonly number[];
  rows: readonly ComparisonRow[];
  /** The model that the recipe ended in. */
  outcome: ComparisonRow;
}

/** In the order in which the recipes first come. */
export function groupRows(rows: readonly ComparisonRow[]): RecipeGroup[] {
  const byRecipe = new Map<string, [ComparisonRow, ...ComparisonRow[]]>();
  for (const row of rows) {
    const key = `${row.method} ${row.variant}`;
    const known = byRecipe.get(key);
    if (known) known.push(row);
    else byRecipe.set(key, [row]);
  }
  return [...byRecipe].map(([key, members]) => {
    const [{ method, variant }] = members;
    const seeds = [...new Set(members.flatMap((row) => row.seeds))].toSorted((a, b) => a - b);
    const outcome = members.find(({ tag }) => tag === 'chosen') ?? members.at(-1) ?? members[0];
    return { key, method, variant, seeds, rows: members, outcome };
  });
}
