import { chosenVariant, type DeviceTraits, type Variants } from '../graph/op.ts';
import code from '../../shaders/workgroup_row.wgsl?raw';

/** Rows shorter than this leave most of a workgroup without work. */
const least = 128;

/**
 * Kernels that reduce rows: `thread`, a row (or a few) a thread, or `workgroup`, a row for 64 threads, whose loads are side by
 * side. Software has no use for more threads than cores.
 */
export function rowVariants(name: string, columns: number, { software }: DeviceTraits): Variants {
  const wide = columns >= least;
  const key = `${name}, ${wide ? 'long' : 'short'} rows`;
  return { key, names: software || !wide ? ['thread', 'workgroup'] : ['workgroup', 'thread'] };
}

/** Whether the device takes a workgroup a row. */
export const byWorkgroup = (variants: Variants, device: DeviceTraits): boolean =>
  chosenVariant(variants, device) === 'workgroup';

/** WGSL of `row_of`, `row_sum` and `row_first`. */
export { code as workgroupRow };
