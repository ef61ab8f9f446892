import { z } from 'zod';
import type { Runnable } from '../../models/runnable.ts';
import type { ResultRow } from '../../session/events.ts';
import { resultRow, type RowFacts } from '../result-row.ts';
import { scoreOf, type RunContext } from '../run-context.ts';
import { scoreOnce } from './score.ts';

/**
 * Scores a model on the test split and on every further test set, and logs its row of the results table. `key` names the
 * row; what it says is worked out only where it is not in the log yet.
 */
export async function emitResult(
  run: RunContext,
  key: string,
  model: Runnable,
  describe: () => Promise<RowFacts>,
): Promise<void> {
  await run.journal.once({ key: `result ${key}`, schema: z.null() }, async () => {
    const facts = await describe();
    const scores = await scoreOnce(run, model, run.data.test);
    const row = { ...resultRow(run, facts, scores), tests: await furtherTests(run, model) };
    run.emit({ type: 'result', row });
    return null;
  });
}

async function furtherTests(run: RunContext, model: Runnable): Promise<ResultRow['tests']> {
  const tests: ResultRow['tests'] = [];
  for (const { name, set } of run.data.tests) {
    const scores = await scoreOnce(run, model, set);
    tests.push({ name, score: scoreOf(run.recipe, scores), examples: scores.examples });
  }
  return tests;
}
