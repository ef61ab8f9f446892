import * as share from './share';
import { dots, outers, transpose } from './tiles';
import { F32, I4, codes, floats, kept, widened } from './weights';
import { lanes, sum } from './numbers';

/** As src/backends/wasm/commands/matmul.ts writes it. Pointers are 0 where there is no such tensor. */
@unmanaged
export class Matmul {
  op: i32;
  size: i32;
  x: usize;
  w: usize;
  addend: usize;
  bias: usize;
  limits: usize;
  y: usize;
  mask: usize;
  grid: usize;
  orientation: i32;
  rows: i32;
  columns: i32;
  inner: i32;
  xColumns: i32;
  wColumns: i32;
  dtype: i32;
  biasDtype: i32;
  scale: f32;
  /** Rows with limits of their own, their number of groups, and the groups that count (−1: none). */
  perSequence: i32;
  groups: i32;
  innerLimit: i32;
  outerLimit: i32;
  /** log₂ of the group of a grid, and its cells a row. */
  shift: i32;
  cells: i32;
}

const NT: i32 = 0;
const TN: i32 = 2;
/** Columns of a panel of W, and its bytes a step of the inner sum. */
const WIDE: i32 = 8;
const STEP: usize = 32;
/** Up to so many rows W is read in place: packing it would cost more than it saves. */
const FEW_ROWS: i32 = 2;

// Scratch of a thread: two tiles of 4 × 8 sums, the bias, then panel or rows.
const TILE: usize = 128;

export function matmul(c: Matmul): void {
  const tile = share.scratch;
  const after = tile + 2 * TILE;
  const bias = c.bias ? widened(c.bias, c.biasDtype, c.columns, after) : 0;
  const rest = after + (((c.columns as usize) + 7) & ~7) * 4;
  if (c.orientation == NT && c.rows <= FEW_ROWS) return fewRows(c, bias, rest);
  const byRows = c.rows >= 8 * share.threadCount() || c.columns <= WIDE;
  share.take(byRows ? c.rows : c.columns, byRows ? 4 : WIDE);
  const rowFirst = byRows ? share.first : 0;
  const rowEnd = byRows ? share.end : c.rows;
  const columnFirst = byRows ? 0 : share.first;
  const columnEnd = byRows ? c.columns : share.end;
  if (rowFirst >= rowEnd) return;
  // Beyond the last column a panel holds whatever is there: its sums are never stored.
  const inPlace = c.dtype == F32 && !c.mask && c.orientation != NT && (c.rows <= 8 || c.wColumns == WIDE);
  for (let n = columnFirst; n < columnEnd; n += WIDE) {
    const panel = inPlace ? c.w + ((n as usize) << 2) : rest;
    const step = inPlace ? (c.wColumns as usize) << 2 : STEP;
    if (!inPlace) pack(c, n, rest);
    if (c.orientation == TN) sumTokens(c, n, panel, step, rowFirst, rowEnd, bias, tile);
    else multiply(c, n, panel, step, rowFirst, rowEnd, bias, tile);
  }
}

/** How many of `full` the sequence keeps. */
function limit(c: Matmul, group: i32, sequence: i32, full: i32): i32 {
  if (!c.limits || group < 0) return full;
  return min(full, load<i32>(c.limits + (((sequence * c.groups + group) as usize) << 2)));
}

/** Columns n … n + 7 of Y, of rows that share their limits: `nt` and `nn`. */
function multiply(
  c: Matmul,
  n: i32,
  panel: usize,
  step: usize,
  rowFirst: i32,
  rowEnd: i32,
  bias: usize,
  tile: usize,
): void {
  const wide = min(WIDE, c.columns - n);
  const rowBytes = (c.xColumns as usize) << 2;
  for (let row = rowFirst; row < rowEnd; ) {
    const sequence = row / c.perSequence;
    const end = min(rowEnd, (sequence + 1) * c.perSequence);
    const inner = limit(c, c.innerLimit, sequence, c.inner);
    const active = limit(c, c.outerLimit, sequence, c.columns) - n;
    for (; row < end; row += 4) {
      const rows = min(4, end - row);
      const x = c.x + (row as usize) * rowBytes;
      // Rows that are not there are the last one again: always the same sums in the same order.
      if (active > 0) {
        const last = x + ((rows - 1) as usize) * rowBytes;
        dots(x, min(x + rowBytes, last), min(x + 2 * rowBytes, last), last, panel, step, inner, tile);
      }
      for (let r = 0; r < rows; r++) finish(c, row + r, n, wide, active, tile + ((r as usize) << 5), bias);
    }
    row = end;
  }
}

/** Y over tokens: sequence by sequence, of which each adds to the rows and columns that it keeps. */
function sumTokens(
  c: Matmul,
  n: i32,
  panel: usize,
  step: usize,
  rowFirst: i32,
  rowEnd: i32,
  bias: usize,
  tile: usize,
): void {
  const wide = min(WIDE, c.columns - n);
  const xStep = (c.xColumns as usize) << 2;
  const part = tile + TILE;
  for (let row = rowFirst; row < rowEnd; row += 4) {
    memory.fill(tile, 0, TILE);
    let sequence = 0;
    for (let k = 0; k < c.inner; k += c.perSequence) {
      const rows = limit(c, c.innerLimit, sequence, c.rows) - row;
      const columns = limit(c, c.outerLimit, sequence, c.columns) - n;
      sequence++;
      if (rows <= 0 || columns <= 0) continue;
      const count = min(c.perSequence, c.inner - k);
      const x = c.x + (k as usize) * xStep + ((row as usize) << 2);
      outers(x, xStep, panel + (k as usize) * step, step, count, part);
      const low = lanes(columns);
      const high = lanes(columns - 4);
      for (let r = 0; r < min(4, rows); r++) {
        const at = (r as usize) << 5;
        v128.store(tile + at, f32x4.add(v128.load(tile + at), v128.and(v128.load(part + at), low)));
        v128.store(tile + at, f32x4.add(v128.load(tile + at, 16), v128.and(v128.load(part + at, 16), high)), 16);
      }
    }
    for (let r = 0; r < min(4, rowEnd - row); r++)
      finish(c, row + r, n, wide, c.columns - n, tile + ((r as usize) << 5), bias);
  }
}

/** Row `row` of Y from eight sums, of which the first `active` count: scaled, with bias, and what it is added to. */
function finish(c: Matmul, row: i32, n: i32, wide: i32, active: i32, sums: usize, bias: usize): void {
  const at = ((row * c.columns + n) as usize) << 2;
  const y = c.y + at;
  const addend = c.addend ? c.addend + at : 0;
  const shift = bias ? bias + ((n as usize) << 2) : 0;
  if (wide == WIDE && active >= WIDE) {
    const scale = f32x4.splat(c.scale);
    let low = f32x4.mul(scale, v128.load(sums));
    let high = f32x4.mul(scale, v128.load(sums, 16));
    if (addend) {
      low = f32x4.add(v128.load(addend), low);
      high = f32x4.add(v128.load(addend, 16), high);
    }
    if (shift) {
      low = f32x4.add(low, v128.load(shift));
      high = f32x4.add(high, v128.load(shift, 16));
    }
    v128.store(y, low);
    v128.store(y, high, 16);
    return;
  }
  for (let i = 0; i < wide; i++) {
    const place = (i as usize) << 2;
    let value: f32 = i < active ? c.scale * load<f32>(sums + place) : 0;
    if (addend) value = load<f32>(addend + place) + value;
    if (shift && i < active) value += load<f32>(shift + place);
    store<f32>(y + place, value);
  }
}

/** Four numbers of W, from a column that is a multiple of 4: what counts, not what lies beyond the row. */
// @ts-ignore: decorator
@inline
function weights(c: Matmul, row: i32, column: i32): v128 {
  let value: v128;
  if (c.dtype == I4) {
    const bytes = ((c.wColumns + 7) >> 3) << 2;
    const cell = c.grid + ((row * c.cells + 2 * (column >> c.shift)) as usize) * 4;
    const code = codes(c.w + (row as usize) * (bytes as usize), column);
    value = f32x4.mul(v128.load32_splat(cell), f32x4.sub(code, v128.load32_splat(cell, 4)));
  } else value = floats(c.w, c.dtype, row * c.wColumns + column);
  if (c.mask) {
    const words = (c.wColumns + 31) >> 5;
    value = v128.and(value, kept(c.mask + (((row * words) as usize) << 2), column));
  }
  return value;
}

/** Columns n … n + 7 of the product as a panel: `panel`[k][8]. What is beyond the last column is of no meaning. */
function pack(c: Matmul, n: i32, panel: usize): void {
  if (c.orientation == NT) return packRows(c, n, panel);
  for (let k = 0; k < c.inner; k++) {
    v128.store(panel, weights(c, k, n));
    v128.store(panel, weights(c, k, n + 4), 16);
    panel += STEP;
  }
}

/** Of `nt`: rows of W become columns. */
function packRows(c: Matmul, n: i32, panel: usize): void {
  const last = c.columns - 1;
  for (let k = 0; k < c.inner; k += 4) {
    for (let half = 0; half < 8; half += 4) {
      const row = n + half;
      transpose(
        weights(c, min(last, row), k),
        weights(c, min(last, row + 1), k),
        weights(c, min(last, row + 2), k),
        weights(c, min(last, row + 3), k),
        panel + ((half as usize) << 2),
      );
    }
    panel += 4 * STEP;
  }
}

/** `nt` of one or two rows: each number of W is read once, where it is. */
function fewRows(c: Matmul, bias: usize, rest: usize): void {
  share.take(c.columns, WIDE);
  const bytes = ((c.inner + 3) & ~3) << 2;
  const sums = share.scratch;
  for (let row = 0; row < c.rows; row++) {
    const sequence = row / c.perSequence;
    const inner = limit(c, c.innerLimit, sequence, c.inner);
    const outer = limit(c, c.outerLimit, sequence, c.columns);
    memory.fill(rest, 0, bytes);
    memory.copy(rest, c.x + ((row * c.xColumns) as usize) * 4, (inner as usize) << 2);
    for (let n = share.first; n < share.end; n += WIDE) {
      const wide = min(WIDE, c.columns - n);
      const active = min(wide, outer - n);
      for (let i = 0; i < active; i++) store<f32>(sums + ((i as usize) << 2), along(c, rest, n + i, inner));
      finish(c, row, n, wide, active, sums, bias);
    }
  }
}

/** Σ x·w along a row of W: in four sums of every fourth number, which are added at the end. */
function along(c: Matmul, x: usize, row: i32, count: i32): f32 {
  let a = f32x4.splat(0);
  let b = a;
  let k = 0;
  for (; k + 8 <= count; k += 8) {
    a = f32x4.add(a, f32x4.mul(v128.load(x), weights(c, row, k)));
    b = f32x4.add(b, f32x4.mul(v128.load(x, 16), weights(c, row, k + 4)));
    x += 32;
  }
  for (; k < count; k += 4) {
    // Beyond the row there may be anything, also what is no number.
    const w = v128.and(weights(c, row, k), lanes(count - k));
    a = f32x4.add(a, f32x4.mul(v128.load(x), w));
    x += 16;
  }
  return sum(f32x4.add(a, b));
}
