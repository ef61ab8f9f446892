import type { Store } from '../../backends/backend.ts';
import { assert } from '../../lib/assert.ts';
import type { Random } from '../../lib/random.ts';
import {
  adapterA,
  adapterB,
  givenA,
  givenB,
  moduleShape,
  type ElasticPlan,
  type Held,
} from '../../models/elastic.ts';

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

/**
 * Makes adapters begin as those that came with the model, instead of changing nothing: A's first rows and B's first columns
 * are theirs, and B is scaled so that s·B·A stays what it was (rounded once, to float32, where the two scales are not a
 * power of two apart). What is beyond their rank stays as `initAdapters` has it: B's columns are zero there.
 */
export async function continueGiven(
  { store }: { store: Store },
  plan: ElasticPlan,
  given: ElasticPlan['adapters'],
): Promise<void> {
  for (const [module, { rank: givenRank, scale: givenScale }] of given) {
    const adapter = plan.adapters.get(module);
    assert(adapter && adapter.rank >= givenRank, `${module} has no room for the adapter that it came with`);
    const { rank, scale } = adapter;
    const [a, b] = [await readFloats(store, adapterA(module)), await readFloats(store, givenB(module))];
    a.set(await readFloats(store, givenA(module)));
    const rows = b.length / givenRank;
    const wide = new Float32Array(rows * rank);
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < givenRank; i++)
        wide[row * rank + i] = (givenScale / scale) * b[row * givenRank + i]!;
    store.write(adapterA(module), a);
    store.write(adapterB(module), wide);
  }
}

/** The elements of a matrix, without the device's padding. */
async function readFloats(store: Store, name: string): Promise<Float32Array<ArrayBuffer>> {
  const [rows, columns] = store.spec(name).shape as [number, number];
  return new Float32Array((await store.read(name)).buffer, 0, rows * columns);
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
