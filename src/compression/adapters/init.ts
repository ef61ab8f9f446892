import type { Store } from '../../backends/backend.ts';
import type { Random } from '../../lib/random.ts';
import { adapterA, adapterB, type ElasticPlan } from '../../models/elastic.ts';

/**
 * Puts fresh adapters into the store: A [r, in] Kaiming-uniform with a = √5, that is uniform within ±1/√in; B [out, r]
 * zeros, so that the model is unchanged at first. Modules in the plan's order draw from one generator. Whether the
 * device had room for them is known when the store has settled, which the trainer and the evaluator wait for.
 */
export function initAdapters(store: Store, plan: ElasticPlan, random: Random): void {
  for (const [module, { rank }] of plan.adapters) {
    const [rows, columns] = store.spec(`${module}.weight`).shape as [number, number];
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

/** Takes adapters and masks of an earlier run out of the store. */
export function removeCompression(store: Store): void {
  for (const name of store.names()) {
    if (/\.lora_[AB]\.weight|\.mask$|\.moment[12]$|^wanda\./.test(name)) store.remove(name);
  }
}
