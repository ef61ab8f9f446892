import { expectedOf, type ScoredGenome } from '../session/reproduction.ts';
import { viewOf } from '../session/reduce.ts';
import type { RunControl } from './control.ts';
import { prepareData } from './data.ts';
import { Journal } from './journal.ts';
import type { KeptSession } from './kept-session.ts';
import type { LoadedData } from './loaded-data.ts';
import type { LoadedModel } from './model.ts';
import { lastDevice, takeKernels } from './recovery.ts';
import { requireOwnTensor } from './restore.ts';
import { checkRun, superNetwork } from './run.ts';
import type { RunContext } from './run-context.ts';
import { scoreAgain } from './score-again.ts';

export interface VerifyOptions extends KeptSession {
  readonly model: LoadedModel;
  readonly data: LoadedData;
  readonly control: RunControl;
  readonly onProgress: (done: number, total: number) => void;
}

const noSearch = (): never => {
  throw new Error('verifying searches nothing');
};

/** Puts a session's super-network back on the device and scores its front, and the chosen point, again. */
export async function verifySaved(options: VerifyOptions): Promise<ScoredGenome[]> {
  const { started, log, checkpoint, model, control, onProgress } = options;
  const { recipe } = started;
  const data = prepareData(options.data, model, recipe);
  takeKernels(model, lastDevice(log));
  const journal = new Journal({
    store: model.store,
    log: () => [],
    check: (name, tensor) => requireOwnTensor(model, name, tensor),
    from: checkpoint,
    readOnly: true,
  });
  const run: RunContext = {
    recipe,
    model,
    data,
    journal,
    control,
    accumulation: 1,
    search: noSearch,
    emit: () => undefined,
  };
  const { trained } = await superNetwork(run, checkRun({ model, recipe }, options.data));
  return scoreAgain(
    run,
    trained,
    expectedOf(viewOf(log)).map(({ genome }) => genome),
    onProgress,
  );
}
