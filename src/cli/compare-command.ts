import { PareError } from '../lib/assert.ts';
import { compareRuns, comparedRun } from '../session/comparison.ts';
import { comparisonJson, comparisonMarkdown } from '../session/comparisonTable.ts';
import { viewOf } from '../session/reduce.ts';
import { usage } from './arguments.ts';
import type { Command } from './commands.ts';
import { withSession } from './session-input.ts';

/** The results of finished runs, several seeds as mean ± sd: what the page shows as "All runs of this session". */
export const compare: Command = async ({ json }, subjects) => {
  if (subjects.length === 0) throw usage('compare needs one session (.pare, folder or link) or more.');
  const runs = await Promise.all(subjects.map(readRun));
  const rows = compareRuns(runs);
  return json ? comparisonJson(rows) : comparisonMarkdown(rows);
};

const readRun = (subject: string) =>
  withSession(subject, async ({ log }) => {
    const run = comparedRun(viewOf(log));
    if (run) return run;
    throw new PareError(
      'run-unfinished',
      `${subject.slice(0, 200)} holds no finished run.`,
      'Take it out, or run its recipe to the end.',
    );
  });
