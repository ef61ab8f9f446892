import { gptqLoad, gptqSpread, gptqSweep, paddedRows } from '../../kernels/ops.ts';
import type { GridKind } from '../../kernels/quantize/grid.ts';
import { codesName, gridName, maskName } from '../../models/elastic.ts';
import { scratchName } from '../pruning/block-walk.ts';
import { allocateCodes } from './codes.ts';
import { inverseHessianFactor } from './hessian.ts';
import { withProgram, type Device } from './programs.ts';

/** Columns of a block in AutoGPTQ, and the widest here. */
const mostBlock = 128;

/** In the store, puts the factor in place of the sums Σ x·xᵀ of that name. */
export async function factorInStore(
  { store, pacer }: Device,
  name: string,
  sequences: number,
  damping: number,
): Promise<void> {
  const [size] = store.spec(name).shape as [number, number];
  const sums = new Float32Array((await store.read(name)).buffer);
  const factor = await inverseHessianFactor(sums, size, sequences, damping, (work) => pacer.ran(work));
  const row = new Float32Array(size);
  for (const [i, upper] of factor.entries()) {
    row.fill(0, 0, i).set(upper, i);
    store.write(name, row, 4 * i * size);
  }
}

export interface CompensateOptions extends GridKind {
  readonly group: number;
  /** The factor's name in the store. */
  readonly factor: string;
  readonly masked: boolean;
}

/**
 * Quantizes one module by GPTQ into its codes and grid. Pare's rules read a group's grid from the weights as they are
 * at the group's first column, so blocks are as wide as groups; the published rule has blocks of 128 whatever the group.
 */
export async function compensateModule(
  device: Device,
  module: string,
  options: CompensateOptions,
): Promise<void> {
  const { store, pacer } = device;
  const { shape } = store.spec(`${module}.weight`);
  const [rows, columns] = shape as [number, number];
  const block = options.rule === 'published' ? mostBlock : Math.min(mostBlock, options.group);
  const [held, errors] = [scratchName('held'), scratchName('errors')];
  const { factor, symmetric, rule } = options;
  try {
    allocateCodes(store, module, options.group);
    store.allocate(held, { dtype: 'f32', shape: [columns, paddedRows(rows)] });
    store.allocate(errors, { dtype: 'f32', shape: [block, paddedRows(rows)] });
    await store.settled();
    await withProgram(
      device,
      (graph, stored) =>
        graph.apply(gptqLoad, [stored(held), stored(`${module}.weight`), stored(factor)], {}),
      async (program) => {
        program.run();
        await pacer.ran(program.work);
      },
    );
    await withProgram(
      device,
      (graph, stored) => {
        const begin = graph.input('begin', 'i32', [1]);
        const mask = options.masked ? stored(maskName(module)) : null;
        const made = [codesName(module), gridName(module), errors].map(stored);
        graph.apply(gptqSweep, [...made, stored(held), stored(factor), mask, begin], { symmetric, rule });
        graph.apply(gptqSpread, [stored(held), stored(factor), stored(errors), begin], {});
      },
      async (program) => {
        for (let begin = 0; begin < columns; begin += block) {
          program.write('begin', Int32Array.of(begin));
          program.run();
          await pacer.ran(program.work);
        }
      },
    );
  } finally {
    for (const name of [held, errors]) if (store.has(name)) store.remove(name);
  }
}
