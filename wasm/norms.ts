import { lanes, sum } from './numbers';
import * as share from './share';
import { widened } from './weights';

/** As src/backends/wasm/commands/norms.ts writes it. */
@unmanaged
export class Norm {
  op: i32;
  size: i32;
  x: usize;
  w: usize;
  bias: usize;
  dy: usize;
  y: usize;
  dtype: i32;
  biasDtype: i32;
  rows: i32;
  columns: i32;
  epsilon: f32;
  /** Added to w. */
  offset: f32;
}

/** Four numbers of a row; zeros beyond its end. */
// @ts-ignore: decorator
@inline
function part(row: usize, i: i32, columns: i32): v128 {
  const value = v128.load(row + ((i as usize) << 2));
  return i + 4 <= columns ? value : v128.and(value, lanes(columns - i));
}

// @ts-ignore: decorator
@inline
function put(row: usize, i: i32, columns: i32, value: v128): void {
  const at = row + ((i as usize) << 2);
  if (i + 4 <= columns) return v128.store(at, value);
  store<f32>(at, f32x4.extract_lane(value, 0));
  if (i + 1 < columns) store<f32>(at, f32x4.extract_lane(value, 1), 4);
  if (i + 2 < columns) store<f32>(at, f32x4.extract_lane(value, 2), 8);
}

function weightsOf(c: Norm): usize {
  return widened(c.w, c.dtype, c.columns, share.scratch);
}

function inverseRms(c: Norm, x: usize): f32 {
  let squares = f32x4.splat(0);
  for (let i = 0; i < c.columns; i += 4) {
    const value = part(x, i, c.columns);
    squares = f32x4.add(squares, f32x4.mul(value, value));
  }
  return 1 / sqrt<f32>(sum(squares) / (c.columns as f32) + c.epsilon);
}

export function rmsNorm(c: Norm): void {
  share.take(c.rows, 1);
  const w = weightsOf(c);
  const offset = f32x4.splat(c.offset);
  for (let row = share.first; row < share.end; row++) {
    const at = ((row * c.columns) as usize) << 2;
    const inverse = f32x4.splat(inverseRms(c, c.x + at));
    for (let i = 0; i < c.columns; i += 4) {
      const weight = f32x4.add(offset, part(w, i, c.columns));
      put(c.y + at, i, c.columns, f32x4.mul(f32x4.mul(part(c.x + at, i, c.columns), inverse), weight));
    }
  }
}

export function rmsNormBackward(c: Norm): void {
  share.take(c.rows, 1);
  const w = weightsOf(c);
  const offset = f32x4.splat(c.offset);
  for (let row = share.first; row < share.end; row++) {
    const at = ((row * c.columns) as usize) << 2;
    const inverse = inverseRms(c, c.x + at);
    let along = f32x4.splat(0);
    for (let i = 0; i < c.columns; i += 4) {
      const g = f32x4.mul(part(c.dy + at, i, c.columns), f32x4.add(offset, part(w, i, c.columns)));
      along = f32x4.add(along, f32x4.mul(g, part(c.x + at, i, c.columns)));
    }
    const pull = f32x4.splat((sum(along) * inverse * inverse * inverse) / (c.columns as f32));
    for (let i = 0; i < c.columns; i += 4) {
      const g = f32x4.mul(part(c.dy + at, i, c.columns), f32x4.add(offset, part(w, i, c.columns)));
      const direct = f32x4.mul(g, f32x4.splat(inverse));
      put(c.y + at, i, c.columns, f32x4.sub(direct, f32x4.mul(part(c.x + at, i, c.columns), pull)));
    }
  }
}

function mean(c: Norm, x: usize): f32 {
  let total = f32x4.splat(0);
  for (let i = 0; i < c.columns; i += 4) total = f32x4.add(total, part(x, i, c.columns));
  return sum(total) / (c.columns as f32);
}

function inverseDeviation(c: Norm, x: usize, middle: f32): f32 {
  let squares = f32x4.splat(0);
  for (let i = 0; i < c.columns; i += 4) {
    const apart = v128.and(f32x4.sub(part(x, i, c.columns), f32x4.splat(middle)), lanes(c.columns - i));
    squares = f32x4.add(squares, f32x4.mul(apart, apart));
  }
  return 1 / sqrt<f32>(sum(squares) / (c.columns as f32) + c.epsilon);
}

export function layerNorm(c: Norm): void {
  share.take(c.rows, 1);
  const w = weightsOf(c);
  const room = (((c.columns as usize) + 7) & ~7) << 2;
  const bias = c.bias ? widened(c.bias, c.biasDtype, c.columns, share.scratch + room) : 0;
  for (let row = share.first; row < share.end; row++) {
    const at = ((row * c.columns) as usize) << 2;
    const middle = mean(c, c.x + at);
    const inverse = f32x4.splat(inverseDeviation(c, c.x + at, middle));
    for (let i = 0; i < c.columns; i += 4) {
      const apart = f32x4.sub(part(c.x + at, i, c.columns), f32x4.splat(middle));
      let y = f32x4.mul(f32x4.mul(apart, inverse), part(w, i, c.columns));
      if (bias) y = f32x4.add(y, part(bias, i, c.columns));
      put(c.y + at, i, c.columns, y);
    }
  }
}

export function layerNormBackward(c: Norm): void {
  share.take(c.rows, 1);
  const w = weightsOf(c);
  for (let row = share.first; row < share.end; row++) {
    const at = ((row * c.columns) as usize) << 2;
    const middle = f32x4.splat(mean(c, c.x + at));
    const inverse = f32x4.splat(inverseDeviation(c, c.x + at, f32x4.extract_lane(middle, 0)));
    let levels = f32x4.splat(0);
    let alongs = levels;
    for (let i = 0; i < c.columns; i += 4) {
      const g = f32x4.mul(part(c.dy + at, i, c.columns), part(w, i, c.columns));
      levels = f32x4.add(levels, g);
      const z = f32x4.mul(f32x4.sub(part(c.x + at, i, c.columns), middle), inverse);
      alongs = f32x4.add(alongs, f32x4.mul(g, z));
    }
    const level = f32x4.splat(sum(levels) / (c.columns as f32));
    const along = f32x4.splat(sum(alongs) / (c.columns as f32));
    for (let i = 0; i < c.columns; i += 4) {
      const g = f32x4.mul(part(c.dy + at, i, c.columns), part(w, i, c.columns));
      const z = f32x4.mul(f32x4.sub(part(c.x + at, i, c.columns), middle), inverse);
      put(c.y + at, i, c.columns, f32x4.mul(f32x4.sub(f32x4.sub(g, level), f32x4.mul(z, along)), inverse));
    }
  }
}
