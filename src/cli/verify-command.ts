import { RunControl } from '../recipes/control.ts';
import { requireCheckpoint, requireSame } from '../recipes/kept-session.ts';
import { loadModel } from '../recipes/model.ts';
import { deviceInfoOf, lastDevice } from '../recipes/recovery.ts';
import { verifySaved } from '../recipes/verify.ts';
import { viewOf } from '../session/reduce.ts';
import { isSameDevice, reproductionOf } from '../session/reproduction.ts';
import type { Command } from './commands.ts';
import { dataOf, modelFiles } from './inputs.ts';
import { comparisonOutcome, progressLine, requireFront } from './reproduction-outcome.ts';
import { withSession } from './session-input.ts';

/** Scores the front of a session again, with the adapters that its file holds. */
export const verify: Command = (flags, [subject], devices) =>
  withSession(subject, async (session) => {
    const kept = requireCheckpoint(session);
    const shared = viewOf(kept.log);
    requireFront(shared);
    const open = await dataOf(flags);
    const model = await loadModel(await devices.open(lastDevice(kept.log)), await modelFiles(flags.model));
    const data = requireSame(kept.started, model, open);
    const onProgress = progressLine(flags);
    const scored = await verifySaved({ ...kept, model, data, control: new RunControl(), onProgress });
    const sameDevice = isSameDevice(kept.started.device, deviceInfoOf(model));
    return comparisonOutcome(reproductionOf(shared, scored, { kind: 'scored again', sameDevice }));
  });
