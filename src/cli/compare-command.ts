import { PareError } from '../lib/assert.ts';
import { compareRuns, comparedRun } from '../session/comparison.ts';
import { comparisonJson, comparisonMarkdown } from '../session/comparisonTable.ts';
import { readSessionFile } from '../session/file.ts';
import { viewOf } from '../session/reduce.ts';
import { usage } from './arguments.ts';
import type { Command } from './commands.ts';
import { nodeFile } from './node-files.ts';

/** The results of finished runs, several seeds as mean ± sd: what the page shows as "All runs of this session". */
export const compare: Command = async ({ json }, files) => {
  if (files.length === 0) throw usage('compare needs one session file (.pare) or more.');
  const runs = await Promise.all(files.map(readRun));
  const rows = compareRuns(runs);
  return json ? comparisonJson(rows) : comparisonMarkdown(rows);
};

async function readRun(path: string) {
  const source = await nodeFile(path);
  const run = comparedRun(viewOf(readSessionFile(await source.read(0, source.size))));
  if (run) return run;
  throw new PareError(
    'run-unfinished',
    `${path} holds no finished run.`,
    'Take it out, or run its recipe to the end.',
  );
}
