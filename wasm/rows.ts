import { floats, float } from './weights';
import * as share from './share';

/** As src/backends/wasm/commands/rows.ts writes it. */
@unmanaged
export class Rows {
  op: i32;
  size: i32;
  x: usize;
  ids: usize;
  y: usize;
  dtype: i32;
  /** Of the table; of the rows that are taken. */
  tableRows: i32;
  rows: i32;
  columns: i32;
}

/** A row of numbers of any dtype, as f32. */
function copyRow(x: usize, dtype: i32, index: i32, y: usize, columns: i32): void {
  let i = 0;
  for (; i + 4 <= columns; i += 4) v128.store(y + ((i as usize) << 2), floats(x, dtype, index + i));
  for (; i < columns; i++) store<f32>(y + ((i as usize) << 2), float(x, dtype, index + i));
}

export function embedding(c: Rows): void {
  share.take(c.rows, 1);
  for (let row = share.first; row < share.end; row++) {
    const id = min(max(load<i32>(c.ids + ((row as usize) << 2)), 0), c.tableRows - 1);
    copyRow(c.x, c.dtype, id * c.columns, c.y + (((row * c.columns) as usize) << 2), c.columns);
  }
}

/** y[i] = x[ids[i]]; zeros where there is no such row. */
export function gatherRows(c: Rows): void {
  share.take(c.rows, 1);
  const bytes = (c.columns as usize) << 2;
  for (let row = share.first; row < share.end; row++) {
    const id = load<i32>(c.ids + ((row as usize) << 2));
    const to = c.y + (row as usize) * bytes;
    if (id < 0 || id >= c.tableRows) memory.fill(to, 0, bytes);
    else memory.copy(to, c.x + (id as usize) * bytes, bytes);
  }
}

/** y is zero but for y[ids[i]] = x[i]: each thread writes the rows of y that are its own. */
export function scatterRows(c: Rows): void {
  share.take(c.tableRows, 1);
  const bytes = (c.columns as usize) << 2;
  memory.fill(c.y + (share.first as usize) * bytes, 0, ((share.end - share.first) as usize) * bytes);
  for (let row = 0; row < c.rows; row++) {
    const id = load<i32>(c.ids + ((row as usize) << 2));
    if (id < share.first || id >= share.end) continue;
    memory.copy(c.y + (id as usize) * bytes, c.x + (row as usize) * bytes, bytes);
  }
}

/** As src/backends/wasm/commands/rows.ts writes it: what depends on where a row stands in its sequence. */
@unmanaged
export class Placed {
  op: i32;
  size: i32;
  x: usize;
  y: usize;
  start: usize;
  starts: i32;
  rows: i32;
  columns: i32;
  perSequence: i32;
  /** Learned positions, or cosines and sines. */
  table: usize;
  sines: usize;
  tableRows: i32;
  dtype: i32;
  offset: i32;
  headDim: i32;
  rotaryDim: i32;
  /** Of sines: −1 turns back. */
  sign: f32;
  /** Rows of a sequence in the tensor that is written to. */
  capacity: i32;
  /** Numbers of x in all. */
  count: i32;
}

function place(c: Placed, row: i32): i32 {
  const sequence = row / c.perSequence;
  const first = c.start ? load<i32>(c.start + ((min(sequence, c.starts - 1) as usize) << 2)) : 0;
  return first + (row % c.perSequence);
}

export function addPositions(c: Placed): void {
  share.take(c.rows, 1);
  for (let row = share.first; row < share.end; row++) {
    const at = ((row * c.columns) as usize) << 2;
    const position = min(max(place(c, row) + c.offset, 0), c.tableRows - 1);
    copyRow(c.table, c.dtype, position * c.columns, c.y + at, c.columns);
    for (let i: usize = 0; i < (c.columns as usize) << 2; i += 4)
      store<f32>(c.y + at + i, load<f32>(c.x + at + i) + load<f32>(c.y + at + i));
  }
}

export function rope(c: Placed): void {
  share.take(c.rows, 1);
  const half = c.rotaryDim >> 1;
  for (let row = share.first; row < share.end; row++) {
    const position = min(max(place(c, row), 0), c.tableRows - 1);
    const turn = ((position * half) as usize) << 2;
    for (let column = 0; column < c.columns; column += c.headDim) {
      const at = ((row * c.columns + column) as usize) << 2;
      turnHead(c, c.x + at, c.y + at, c.table + turn, c.sines + turn, half);
    }
  }
}

function turnHead(c: Placed, x: usize, y: usize, cosines: usize, sines: usize, half: i32): void {
  const apart = (half as usize) << 2;
  let i: usize = 0;
  for (; i + 16 <= apart; i += 16) {
    const cosine = v128.load(cosines + i);
    const sine = f32x4.mul(v128.load(sines + i), f32x4.splat(c.sign));
    const a = v128.load(x + i);
    const b = v128.load(x + apart + i);
    v128.store(y + i, f32x4.sub(f32x4.mul(a, cosine), f32x4.mul(b, sine)));
    v128.store(y + apart + i, f32x4.add(f32x4.mul(b, cosine), f32x4.mul(a, sine)));
  }
  for (; i < apart; i += 4) {
    const cosine = load<f32>(cosines + i);
    const sine = load<f32>(sines + i) * c.sign;
    const a = load<f32>(x + i);
    const b = load<f32>(x + apart + i);
    store<f32>(y + i, a * cosine - b * sine);
    store<f32>(y + apart + i, b * cosine + a * sine);
  }
  const turned = (c.rotaryDim as usize) << 2;
  if (c.rotaryDim < c.headDim) memory.copy(y + turned, x + turned, ((c.headDim as usize) << 2) - turned);
}

/** Into a stored tensor, in place; what is outside of a sequence's rows there is dropped. */
export function writeRows(c: Placed): void {
  share.take(c.rows, 1);
  for (let row = share.first; row < share.end; row++) {
    const position = place(c, row);
    if (position < 0 || position >= c.capacity) continue;
    const from = row * c.columns;
    const to = ((row / c.perSequence) * c.capacity + position) * c.columns;
    const numbers = min(c.columns, c.count - from);
    memory.copy(c.y + ((to as usize) << 2), c.x + ((from as usize) << 2), (numbers as usize) << 2);
  }
}
