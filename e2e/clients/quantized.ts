import type { FinishedCodes, FinishedModel } from '../../src/exporters/exporter.ts';
import { toFloat32 } from '../../src/lib/half.ts';
import { packNibbles } from '../../src/lib/nibbles.ts';
import { groupGrid } from '../../src/kernels/quantize/grid.ts';
import { rangeOf } from '../../src/kernels/quantize/op.reference.ts';
import { int4Code } from '../../src/kernels/int4-code.ts';

/** The model with the linear modules of its blocks as INT4, rounded to nearest on Pare's exact grid. */
export async function quantized(model: FinishedModel, group: number): Promise<FinishedModel> {
  const inBlocks = new Set(
    model.structure.modules.filter(({ role }) => role !== 'head').map(({ name }) => `${name}.weight`),
  );
  const codes: FinishedCodes[] = [];
  for (const { name, dtype, shape, bytes } of model.tensors) {
    if (!inBlocks.has(name)) continue;
    const values = toFloat32(await bytes(), dtype);
    codes.push(int4(name.replace(/\.weight$/, ''), values, shape as [number, number], group));
  }
  return { ...model, codes, tensors: model.tensors.filter(({ name }) => !inBlocks.has(name)) };
}

function int4(module: string, values: Float32Array, shape: [number, number], group: number): FinishedCodes {
  const groups = Math.ceil(shape[1] / group);
  const grid = new Float32Array(2 * shape[0] * groups);
  const numbers = new Uint8Array(values.length);
  for (let row = 0; row < shape[0]; row++) {
    for (let index = 0; index < groups; index++) {
      const begin = row * shape[1] + index * group;
      const end = Math.min(begin + group, (row + 1) * shape[1]);
      const range = rangeOf((at) => values[at]!, begin, end);
      const [delta, zero] = groupGrid(...range, { rule: 'exact', symmetric: false });
      grid.set([delta, zero], 2 * (row * groups + index));
      for (let at = begin; at < end; at++) numbers[at] = int4Code(values[at]!, delta, zero);
    }
  }
  const packed = packNibbles(numbers, shape[1]);
  return {
    module,
    shape,
    group,
    groups,
    symmetric: false,
    codes: () => Promise.resolve(packed),
    grid: () => Promise.resolve(grid),
  };
}
