import { existsSync, statSync } from 'node:fs';
import { lastDevice } from '../recipes/recovery.ts';
import { requireCheckpoint, requireSame, testsOfSession } from '../recipes/kept-session.ts';
import { loadModel } from '../recipes/model.ts';
import { usage } from './arguments.ts';
import type { Command } from './commands.ts';
import { exportRun, runInFolder } from './folder-run.ts';
import { dataOf, modelFiles, testsOf } from './inputs.ts';
import { runOutcome } from './run-summary.ts';
import { withSession } from './session-input.ts';

/** Goes on with a session to its end; one that has ended is exported again. The recipe is the session's. */
export const continueRun: Command = (flags, [subject], devices) =>
  withSession(subject, async (session) => {
    const { started, checkpoint } = requireCheckpoint(session);
    const { recipe } = started;
    const out = flags.out ?? folderOf(subject);
    if (!out) throw usage('--out is missing: it is needed where the session is not in the folder of a run.');
    const open = await dataOf(flags);
    const tests = await testsOfSession(
      undefined,
      started,
      (await testsOf(flags)).map((data) => ({ data })),
    );
    const files = await modelFiles(flags.model);
    const model = await loadModel(await devices.open(lastDevice(checkpoint.log)), files);
    const data = requireSame(started, model, open);
    const from = { checkpoint, cause: 'reopened' } as const;
    const done = await runInFolder({ flags, devices, files, out, recipe, model, data, tests, from });
    await exportRun(done);
    return runOutcome(done.log, out, flags);
  });

const folderOf = (subject = ''): string | null =>
  existsSync(subject) && statSync(subject).isDirectory() ? subject : null;
