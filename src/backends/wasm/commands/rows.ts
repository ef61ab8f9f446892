import { matrixOf, sizeOf, type Tensor } from '../../../graph/tensor.ts';
import type { AddPositionsAttributes } from '../../../kernels/add-positions/op.ts';
import type { RopeAttributes } from '../../../kernels/rope/op.ts';
import type { WriteRowsAttributes } from '../../../kernels/rows/op.ts';
import { dtypeCode, f32, real, startWords, type AddressOf, type Encoder } from './command.ts';

type Taken = Record<'x' | 'ids' | 'y', Tensor | null | undefined> & { tableRows: number; rows: number };

/** wasm/rows.ts, `Rows`. */
const taken = ({ x, ids, y, tableRows, rows }: Taken, address: AddressOf) => [
  address(x),
  address(ids),
  address(y),
  dtypeCode(x!.dtype),
  tableRows,
  rows,
  matrixOf(y!.shape).columns,
];

export const embeddingCommand: Encoder = ({ inputs: [x, ids], outputs: [y] }, address) =>
  x!.dtype === 'i4'
    ? null
    : {
        kernel: 'embedding',
        words: taken({ x, ids, y, tableRows: matrixOf(x!.shape).rows, rows: sizeOf(ids!.shape) }, address),
        work: sizeOf(y!.shape),
      };

export const gatherRowsCommand: Encoder = ({ inputs: [x, ids], outputs: [y] }, address) =>
  real(x)
    ? {
        kernel: 'gather-rows',
        words: taken({ x, ids, y, tableRows: matrixOf(x!.shape).rows, rows: sizeOf(ids!.shape) }, address),
        work: sizeOf(y!.shape),
      }
    : null;

export const scatterRowsCommand: Encoder = ({ inputs: [x, ids], outputs: [y] }, address) =>
  real(x)
    ? {
        kernel: 'scatter-rows',
        words: taken({ x, ids, y, tableRows: matrixOf(y!.shape).rows, rows: sizeOf(ids!.shape) }, address),
        work: sizeOf(y!.shape),
      }
    : null;

interface Placed {
  readonly x: Tensor | null | undefined;
  readonly y: Tensor | null | undefined;
  readonly start: Tensor | null | undefined;
  readonly rows: number;
  readonly columns: number;
  readonly perSequence: number;
  readonly table?: Tensor | null | undefined;
  readonly sines?: Tensor | null | undefined;
  readonly offset?: number;
  readonly headDim?: number;
  readonly rotaryDim?: number;
  readonly sign?: number;
  readonly capacity?: number;
}

/** wasm/rows.ts, `Placed`. */
function placed({ x, y, start, table, ...numbers }: Placed, address: AddressOf): number[] {
  return [
    address(x),
    address(y),
    ...startWords(start, address),
    numbers.rows,
    numbers.columns,
    numbers.perSequence,
    address(table),
    address(numbers.sines),
    table ? matrixOf(table.shape).rows : 0,
    table ? dtypeCode(table.dtype) : 0,
    numbers.offset ?? 0,
    numbers.headDim ?? 0,
    numbers.rotaryDim ?? 0,
    f32(numbers.sign ?? 1),
    numbers.capacity ?? 0,
    sizeOf(x!.shape),
  ];
}

export const addPositionsCommand: Encoder = (
  { inputs: [x, table, start], outputs: [y], attributes },
  address,
) => {
  const { rowsPerSequence, offset } = attributes as unknown as AddPositionsAttributes;
  const perSequence = rowsPerSequence;
  return {
    kernel: 'add-positions',
    words: placed({ x, y, start, table, offset, perSequence, ...matrixOf(x!.shape) }, address),
    work: sizeOf(x!.shape),
  };
};

export const ropeCommand: Encoder = (
  { inputs: [x, table, sines, start], outputs: [y], attributes },
  address,
) => {
  const { headDim, rotaryDim = headDim, rowsPerSequence, inverse } = attributes as unknown as RopeAttributes;
  const turn = { table, sines, headDim, rotaryDim, sign: inverse ? -1 : 1 };
  const perSequence = rowsPerSequence;
  return {
    kernel: 'rope',
    words: placed({ x, y, start, ...turn, perSequence, ...matrixOf(x!.shape) }, address),
    work: sizeOf(x!.shape) * 2,
  };
};

export const writeRowsCommand: Encoder = (
  { inputs: [target, value, start], outputs: [y], attributes },
  address,
) => {
  const { sequences = 1 } = attributes as WriteRowsAttributes;
  if (!real(target, value)) return null;
  const { rows: all, columns } = matrixOf(target!.shape);
  const rows = Math.ceil(sizeOf(value!.shape) / columns);
  const shape = { rows, columns, perSequence: Math.ceil(rows / sequences), capacity: all / sequences };
  return {
    kernel: 'write-rows',
    words: placed({ x: value, y, start, ...shape }, address),
    work: sizeOf(value!.shape),
  };
};
