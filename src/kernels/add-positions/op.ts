import type { Op } from '../../graph/op.ts';
import { matrixOf, sizeOf } from '../../graph/tensor.ts';
import code from '../../../shaders/add_positions.wgsl?raw';
import { flatIndex, threads, u32 } from '../dispatch.ts';
import { checkStart, firstPosition, startCode, startCount } from '../start.ts';
import { scalarWeights } from '../weights.ts';

export interface AddPositionsAttributes {
  readonly rowsPerSequence: number;
  /** Row of the table that position 0 takes (OPT: 2). */
  readonly offset: number;
}

/**
 * y = x + table[position + offset]: learned positions. Inputs: x [rows, hidden], table [positions, hidden] (any float
 * dtype, frozen; rows outside take its nearest end), start (kernels/start.ts).
 */
export const addPositions: Op<AddPositionsAttributes> = {
  name: 'add-positions',
  infer([x, table, start], { rowsPerSequence }) {
    const { rows, columns } = matrixOf(x!.shape);
    if (table!.shape[1] !== columns) throw new Error('add positions: the table does not fit');
    checkStart(start, rows / rowsPerSequence);
    return [{ dtype: 'f32', shape: x!.shape }];
  },
  vjp({ gradients, needs }) {
    if (needs(1)) throw new Error('add positions: the table is frozen');
    return [gradients[0]!, null, null];
  },
  reference([x, table, start], [y], { rowsPerSequence, offset }) {
    const [positions, hidden] = table!.shape;
    x!.data.forEach((value: number, i: number) => {
      const row = Math.floor(i / hidden!);
      const first = firstPosition(start, Math.floor(row / rowsPerSequence)) + offset;
      const place = Math.min(Math.max(first + (row % rowsPerSequence), 0), positions! - 1);
      y!.data[i] = value + table!.data[place * hidden! + (i % hidden!)]!;
    });
  },
  dispatches({ inputs: [x, table, start], outputs: [y], attributes: { rowsPerSequence, offset } }) {
    const { rows: positions, columns: hidden } = matrixOf(table!.shape);
    const count = sizeOf(y!.shape);
    return [
      {
        label: 'add positions',
        code: [flatIndex, startCode, scalarWeights(table!.dtype), code],
        uniforms: [
          u32(count),
          u32(hidden),
          u32(positions),
          u32(rowsPerSequence),
          u32(offset),
          startCount(start),
        ],
        bindings: [x!, table!, start ?? null, y!],
        workgroups: threads(count),
        work: count,
      },
    ];
  },
};
