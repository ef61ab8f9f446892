import type { Store } from '../../backends/backend.ts';
import { gridSpec } from '../../kernels/int4.ts';
import { codesName, gridName } from '../../models/elastic.ts';

/** Room for a module's codes and grid, beside its float weight. */
export function allocateCodes(store: Store, module: string, group: number): void {
  const { shape } = store.spec(`${module}.weight`);
  store.allocate(codesName(module), { dtype: 'i4', shape });
  store.allocate(gridName(module), gridSpec(shape, group));
}
