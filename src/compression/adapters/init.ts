import type { Store } from '../../backends/backend.ts';
import type { Random } from '../../lib/random.ts';
import { adapterA, adapterB, moduleShape, type ElasticPlan, type Held } from '../../models/elastic.ts';

/**
 * Puts fresh adapters into the store: A [r, in] Kaiming-uniform with a = √5, that is uniform within ±1/√in; B [out, r]
 * zeros, so that the model is unchanged at first. Modules in the plan's order draw from one generator. Whether the
 * device had room for them is known when the store has settled, which the trainer and the evaluator wait for.
 */
export function initAdapters(model: Held & { store: Store }, plan: ElasticPlan, random: Random): void {
  const { store } = model;
  for (const [module, { rank }] of plan.adapters) {
    const [rows, columns] = moduleShape(model, module);
    const bound = 1 / Math.sqrt(columns);
    const a = Float32Array.from({ length: rank * columns }, () => (2 * random.next() - 1) * bound);
    store.allocate(adapterA(module), { dtype: 'f32', shape: [rank, columns] });
    store.allocate(adapterB(module), { dtype: 'f32', shape: [rows, rank] });
    store.write(adapterA(module), a);
    store.clear(adapterB(module));
  }
}

/** Names of everything that training changes, in a fixed order. */
export function adapterNames(plan: ElasticPlan): string[] {
  return [...plan.adapters.keys()].flatMap((module) => [adapterA(module), adapterB(module)]);
}

/**
 * Takes adapters, masks, codes and grids of an earlier run out of the store, but for the names in `keep`: what the
 * model arrived with.
 */
export function removeCompression(store: Store, keep: ReadonlySet<string> = new Set()): void {
  const added = /\.lora_[AB]\.weight|\.(mask|codes|grid)$|\.moment[12]$|^calibration\./;
  for (const name of store.names()) if (added.test(name) && !keep.has(name)) store.remove(name);
}
