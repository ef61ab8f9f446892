import { finishedAdapter, finishedCodes, finishedTensors } from '../compression/merging/materialize.ts';
import { keptConfig } from '../compression/merging/config.ts';
import { Kept } from '../compression/merging/extent.ts';
import { adapterA, adapterB, codesName, gridName, plainPlan, type AdapterPlan } from '../models/elastic.ts';
import type { Runnable } from '../models/runnable.ts';

/**
 * A sub-network as it ships, in a store of its own: channels and heads cut, blocks left out, masks applied, adapters
 * merged where that loses nothing; otherwise (a sparse or INT4 base with a dense adapter) they stay beside it at their
 * active ranks. The same weights are measured, tried in the text box, and exported.
 */
export async function finishModel(
  model: Runnable,
  names: Iterable<string>,
  merge: boolean,
): Promise<Runnable> {
  const store = model.backend.createStore();
  try {
    for (const { name, dtype, shape, bytes } of finishedTensors(model, names, { merge })) {
      store.allocate(name, { dtype, shape });
      store.write(name, await bytes());
    }
    const quantized = new Set<string>();
    for (const { module, shape, groups, codes, grid } of finishedCodes(model)) {
      store.allocate(codesName(module), { dtype: 'i4', shape });
      store.write(codesName(module), await codes());
      store.allocate(gridName(module), { dtype: 'f32', shape: [shape[0], 2 * groups] });
      store.write(gridName(module), await grid());
      quantized.add(module);
    }
    const adapters = new Map<string, AdapterPlan>();
    for (const module of merge ? [] : model.plan.adapters.keys()) {
      const adapter = await finishedAdapter(model, module);
      if (!adapter) continue;
      for (const [name, { rows, columns, data }] of [
        [adapterA(adapter.module), adapter.a],
        [adapterB(adapter.module), adapter.b],
      ] as const) {
        store.allocate(name, { dtype: 'f32', shape: [rows, columns] });
        store.write(name, data);
      }
      adapters.set(adapter.module, {
        rank: adapter.rank,
        scale: adapter.alpha / adapter.rank,
        group: null,
        index: adapters.size,
      });
    }
    await store.settled();
    const config = keptConfig(model.config, new Kept(model));
    const plan = { ...plainPlan(config.layers), adapters };
    return { backend: model.backend, store, config, plan, masked: new Set(), quantized, limits: [] };
  } catch (error) {
    store.dispose();
    throw error;
  }
}
