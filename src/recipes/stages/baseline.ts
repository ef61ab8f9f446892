import { adapterNames } from '../../compression/adapters/init.ts';
import { shippedZeros } from '../../compression/merging/zeros.ts';
import { costOf } from '../../evaluation/cost.ts';
import { subNetworkOf } from '../../search/space.ts';
import { progress, type RunContext } from '../run-context.ts';
import { shippedBytes } from '../shipped-bytes.ts';
import { fixedSpace } from '../space.ts';
import { baselinePlanOf, mergeable, subNetworkModel, type Trained } from '../trained.ts';
import { emitResult } from './result.ts';
import { scoreReference, type ScoredModel } from './score.ts';
import { trainAdapters } from './train.ts';

/**
 * Plain LoRA at full rank on the same base, same steps: what the elastic adapters are compared with (METHODS §8). It
 * uses the same names in the store, so the trained adapters are put aside and brought back.
 */
export async function trainBaseline(run: RunContext, masked: ReadonlySet<string>): Promise<ScoredModel> {
  const { model, recipe } = run;
  const elastic = fixedSpace(model.structure, recipe.adapter);
  // On the sparse float weights, as the papers report it; a model that came as INT4 has no others.
  const { quantized } = model;
  const baseline: Trained = { elastic, plan: baselinePlanOf(elastic, model, recipe), masked, quantized };
  const aside = await readAll(run, adapterNames(baseline.plan));
  try {
    await trainAdapters(run, { ...baseline, label: 'lora', logged: false });
    const subNetwork = subNetworkOf(elastic, []);
    const network = subNetworkModel(model, baseline, []);
    const { macsPerToken } = costOf(model.structure, subNetwork);
    const scored = await scoreReference(run, network, 'lora', macsPerToken);
    await emitResult(run, 'lora', network, async () => ({
      label: 'LoRA',
      tag: 'lora',
      genome: null,
      subNetwork,
      zeros: await shippedZeros(network),
      merged: mergeable(baseline),
      quantized: baseline.quantized.size > 0,
      bytes: shippedBytes(run, baseline, []),
      speedup: null,
    }));
    progress(run, 'train', recipe.training.steps);
    return scored;
  } finally {
    for (const [name, bytes] of aside) model.store.write(name, bytes);
  }
}

async function readAll(
  { model }: RunContext,
  names: readonly string[],
): Promise<[string, Uint8Array<ArrayBuffer>][]> {
  const held = names.filter((name) => model.store.has(name));
  return Promise.all(
    held.map(async (name): Promise<[string, Uint8Array<ArrayBuffer>]> => [
      name,
      await model.store.read(name),
    ]),
  );
}
