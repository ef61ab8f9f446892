import { forwardMilliseconds } from '../../evaluation/latency.ts';
import type { Genome } from '../../search/space.ts';
import { finishModel } from '../finished-model.ts';
import type { RunContext } from '../run-context.ts';
import { mergeable, subNetworkModel, type Trained } from '../trained.ts';

const repeats = 5;

/** Milliseconds that the really cut sub-network takes for one scoring batch on this device, the median of a few. */
export async function measureLatency(run: RunContext, trained: Trained, genome: Genome): Promise<number> {
  const { model, data } = run;
  const network = subNetworkModel(model, trained, genome);
  const finished = await finishModel(network, model.folder.tensors.keys(), mergeable(trained));
  try {
    const { batch, length } = data.evaluationShape;
    return await forwardMilliseconds(finished, { sequences: batch, length, repeats });
  } finally {
    finished.store.dispose();
  }
}
