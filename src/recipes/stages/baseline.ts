import { adapterNames } from '../../compression/adapters/init.ts';
import { maskedZeros } from '../../compression/merging/zeros.ts';
import { costOf } from '../../evaluation/cost.ts';
import { subNetworkOf } from '../../search/space.ts';
import { resultRow } from '../result-row.ts';
import { progress, type RunContext } from '../run-context.ts';
import { fixedSpace } from '../space.ts';
import { mergeable, planOf, subNetworkModel, type Trained } from '../trained.ts';
import { scoreOnce, scoreReference } from './score.ts';
import { trainAdapters } from './train.ts';

/**
 * Plain LoRA at full rank on the same base, same steps: what the elastic adapters are compared with (METHODS §8). It
 * uses the same names in the store, so the trained adapters are put aside and brought back.
 */
export async function trainBaseline(run: RunContext, masked: ReadonlySet<string>): Promise<void> {
  const { model, recipe } = run;
  const elastic = fixedSpace(model.structure, recipe.adapter);
  const baseline: Trained = { elastic, plan: planOf(elastic, model, recipe), masked };
  const aside = await readAll(run, adapterNames(baseline.plan));
  try {
    await trainAdapters(run, { ...baseline, label: 'lora', logged: false });
    const subNetwork = subNetworkOf(elastic, []);
    const network = subNetworkModel(model, baseline, []);
    await scoreReference(run, network, 'lora', costOf(model.structure, subNetwork).macsPerToken);
    const facts = {
      label: 'LoRA',
      tag: 'lora',
      genome: null,
      subNetwork,
      zeros: await maskedZeros(network),
      merged: mergeable(baseline),
      speedup: null,
    } as const;
    run.emit({ type: 'result', row: resultRow(run, facts, await scoreOnce(run, network, run.data.test)) });
    progress(run, 'train', recipe.training.steps);
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
