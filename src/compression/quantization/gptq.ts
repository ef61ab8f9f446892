import type { Shape, TensorSpec } from '../../graph/tensor.ts';
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

/** Columns of a block, as wide as a group but where the rule is the published one. */
const blockOf = ({ rule, group }: Pick<CompensateOptions, 'rule' | 'group'>) =>
  rule === 'published' ? mostBlock : Math.min(mostBlock, group);

/** What a module [out, in] is worked on with: a copy of its weight, and the errors of a block. */
export function workingSpecs([rows, columns]: Shape, options: Pick<CompensateOptions, 'rule' | 'group'>) {
  const stride = paddedRows(rows!);
  return {
    held: { dtype: 'f32', shape: [columns!, stride] },
    errors: { dtype: 'f32', shape: [blockOf(options), stride] },
  } satisfies Record<string, TensorSpec>;
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
  const columns = shape[1]!;
  const block = blockOf(options);
  const specs = workingSpecs(shape, options);
  const [held, errors] = [scratchName('held'), scratchName('errors')];
  const { factor, symmetric, rule } = options;
  try {
    allocateCodes(store, module, options.group);
    store.allocate(held, specs.held);
    store.allocate(errors, specs.errors);
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
