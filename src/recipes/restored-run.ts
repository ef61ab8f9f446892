import { PareError } from '../lib/assert.ts';
import { checkGenome, type Genome } from '../search/space.ts';
import { viewOf } from '../session/reduce.ts';
import { RunControl } from './control.ts';
import type { PreparedData } from './data.ts';
import type { Exportable } from './exported-model.ts';
import { Journal } from './journal.ts';
import { requireModel, type KeptSession } from './kept-session.ts';
import type { LoadedModel } from './model.ts';
import { requireStart } from './requirements.ts';
import { requireOwnTensor } from './restore.ts';
import { superNetwork } from './run.ts';
import type { RunContext } from './run-context.ts';
import { stateOf } from './session-keeper.ts';
import { elasticSpaceOf } from './space.ts';

/**
 * Puts the super-network of a session that has ended back on the device, for export: nothing is computed, so no data are
 * needed. `genome`: absent, the chosen one.
 */
export async function restoreFinished(
  kept: KeptSession,
  model: LoadedModel,
  genome?: Genome,
): Promise<Exportable> {
  const { started, log, checkpoint } = kept;
  requireModel(started, model);
  const chosen = viewOf(log).chosen?.genome;
  if (stateOf(log, checkpoint) !== 'finished' || !chosen) {
    throw new PareError(
      'session-unfinished',
      'The run of this session has not ended, so there is nothing chosen to export.',
      'Go on with it first (continue).',
    );
  }
  const { recipe } = started;
  requireStart(model, recipe);
  const elastic = elasticSpaceOf(model.structure, recipe);
  if (genome) checkGenome(elastic.space, genome);
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
    get data(): PreparedData {
      throw new Error('a recorded step asked for data');
    },
    journal,
    control: new RunControl(),
    accumulation: 1,
    search: () => Promise.reject(new Error('a restored run searches nothing')),
    emit: () => undefined,
  };
  const { trained } = await superNetwork(run, elastic);
  return { run, trained, genome: genome ?? chosen };
}
