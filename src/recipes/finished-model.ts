import { finishedAdapter, finishedTensors } from '../compression/merging/materialize.ts';
import { adapterA, adapterB, plainPlan, type AdapterPlan } from '../models/elastic.ts';
import type { Runnable } from '../models/runnable.ts';

/**
 * A sub-network as it ships, in a store of its own: channels cut, masks applied, dense adapters merged where the base
 * allows it; otherwise (a sparse base) the adapters stay beside it at their active ranks. The same weights are
 * measured, tried in the text box, and exported.
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
    const adapters = new Map<string, AdapterPlan>();
    for (const module of merge ? [] : model.plan.adapters.keys()) {
      const adapter = await finishedAdapter(model, module);
      if (!adapter) continue;
      for (const [name, { rows, columns, data }] of [
        [adapterA(module), adapter.a],
        [adapterB(module), adapter.b],
      ] as const) {
        store.allocate(name, { dtype: 'f32', shape: [rows, columns] });
        store.write(name, data);
      }
      adapters.set(module, {
        rank: adapter.rank,
        scale: adapter.alpha / adapter.rank,
        group: null,
        index: adapters.size,
      });
    }
    await store.settled();
    const plan = { ...plainPlan(model.config.layers), adapters };
    return { backend: model.backend, store, config: model.config, plan, masked: new Set(), limits: [] };
  } catch (error) {
    store.dispose();
    throw error;
  }
}
