import { RunControl } from '../recipes/control.ts';
import { requireSame } from '../recipes/kept-session.ts';
import { loadModel } from '../recipes/model.ts';
import type { FinishedRun } from '../recipes/run.ts';
import { scoreAgain } from '../recipes/score-again.ts';
import type { EventOf } from '../session/events.ts';
import { viewOf } from '../session/reduce.ts';
import {
  isSameDevice,
  missingFrom,
  reproductionOf,
  scoredOf,
  type ScoredGenome,
} from '../session/reproduction.ts';
import type { SessionView } from '../session/view.ts';
import type { Flags } from './arguments.ts';
import type { Command } from './commands.ts';
import { exportRun, runInFolder } from './folder-run.ts';
import { dataOf, modelFiles, testsOf } from './inputs.ts';
import { comparisonOutcome, progressLine, requireFront } from './reproduction-outcome.ts';
import { withSession } from './session-input.ts';

/** Runs the recipe of a session again from its seed, and compares what its front scores here. */
export const reproduce: Command = (flags, [subject], devices) =>
  withSession(subject, async ({ log }) => {
    // A log begins with `started`: whoever read it has checked that.
    const started = log[0] as EventOf<'started'>;
    const { recipe } = started;
    const shared = viewOf(log);
    requireFront(shared);
    const open = await dataOf(flags);
    const tests = await testsOf(flags);
    const files = await modelFiles(flags.model);
    const model = await loadModel(await devices.open(started.device), files);
    const data = requireSame(started, model, open);
    const out = flags.out ?? null;
    const like = started.device;
    const done = await runInFolder({ flags, devices, files, out, recipe, model, data, tests, like });
    await exportRun(done);
    const here = viewOf(done.log);
    const scored = await scoresOf(shared, here, done.finished, flags);
    const sameDevice =
      isSameDevice(started.device, here.device!) && here.recoveries.every(({ exact }) => exact);
    return comparisonOutcome(reproductionOf(shared, scored, { kind: 'retrained', sameDevice }));
  });

/** What the run scored, and what it did not score of the session's front. */
async function scoresOf(
  shared: SessionView,
  here: SessionView,
  { run, trained }: FinishedRun,
  flags: Flags,
): Promise<ScoredGenome[]> {
  const scored = scoredOf(here);
  const missing = missingFrom(scored, shared).map(({ genome }) => genome);
  if (missing.length === 0) return scored;
  const control = new RunControl();
  return [...scored, ...(await scoreAgain({ ...run, control }, trained, missing, progressLine(flags)))];
}
