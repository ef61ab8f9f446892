import { exp, lanes, largest, log, sum } from './numbers';
import * as share from './share';

/** As src/backends/wasm/commands/losses.ts writes it. */
@unmanaged
export class CrossEntropy {
  op: i32;
  size: i32;
  logits: usize;
  targets: usize;
  loss: usize;
  lse: usize;
  correct: usize;
  dLoss: usize;
  dLogits: usize;
  rows: i32;
  columns: i32;
}

const LOWEST: f32 = -3.4e38;

/** Four logits of a row; the lowest number beyond its end. */
// @ts-ignore: decorator
@inline
function part(row: usize, i: i32, columns: i32): v128 {
  const value = v128.load(row + ((i as usize) << 2));
  return i + 4 <= columns ? value : v128.bitselect(value, f32x4.splat(LOWEST), lanes(columns - i));
}

function firstOf(row: usize, columns: i32, value: f32): i32 {
  for (let i = 0; i < columns; i++) if (load<f32>(row + ((i as usize) << 2)) == value) return i;
  return 0;
}

export function crossEntropy(c: CrossEntropy): void {
  share.take(c.rows, 1);
  for (let row = share.first; row < share.end; row++) {
    const logits = c.logits + (((row * c.columns) as usize) << 2);
    let highest = f32x4.splat(LOWEST);
    for (let i = 0; i < c.columns; i += 4) highest = f32x4.max(highest, part(logits, i, c.columns));
    const top = largest(highest);
    let totals = f32x4.splat(0);
    for (let i = 0; i < c.columns; i += 4)
      totals = f32x4.add(totals, exp(f32x4.sub(part(logits, i, c.columns), f32x4.splat(top))));
    const more = log(sum(totals));
    const at = (row as usize) << 2;
    const target = load<i32>(c.targets + at);
    store<f32>(c.lse + at, top + more);
    // As in the reference: a target that is no column has a loss that nobody can overlook.
    const own = target < c.columns ? logits + ((max(target, 0) as usize) << 2) : 0;
    store<f32>(c.loss + at, target < 0 ? 0 : own ? top - load<f32>(own) + more : f32.NaN);
    store<f32>(c.correct + at, firstOf(logits, c.columns, top) == target ? 1 : 0);
  }
}

export function crossEntropyBackward(c: CrossEntropy): void {
  share.take(c.rows, 1);
  for (let row = share.first; row < share.end; row++) {
    const logits = c.logits + (((row * c.columns) as usize) << 2);
    const to = c.dLogits + (((row * c.columns) as usize) << 2);
    const at = (row as usize) << 2;
    const target = load<i32>(c.targets + at);
    if (target < 0) {
      memory.fill(to, 0, (c.columns as usize) << 2);
      continue;
    }
    const factor = load<f32>(c.dLoss + at);
    const lse = v128.load32_splat(c.lse + at);
    let i = 0;
    for (; i + 4 <= c.columns; i += 4) {
      const share = exp(f32x4.sub(v128.load(logits + ((i as usize) << 2)), lse));
      v128.store(to + ((i as usize) << 2), f32x4.mul(share, f32x4.splat(factor)));
    }
    for (; i < c.columns; i++) {
      const share = exp(f32x4.sub(f32x4.splat(load<f32>(logits + ((i as usize) << 2))), lse));
      store<f32>(to + ((i as usize) << 2), f32x4.extract_lane(share, 0) * factor);
    }
    if (target >= c.columns) continue;
    const own = to + ((target as usize) << 2);
    const share = exp(f32x4.sub(f32x4.splat(load<f32>(logits + ((target as usize) << 2))), lse));
    store<f32>(own, (f32x4.extract_lane(share, 0) - 1) * factor);
  }
}

/** As src/backends/wasm/commands/losses.ts writes it. */
@unmanaged
export class Dot {
  op: i32;
  size: i32;
  a: usize;
  b: usize;
  y: usize;
  count: i32;
}

export function dot(c: Dot): void {
  if (!share.alone()) return;
  let total: f64 = 0;
  for (let i: usize = 0; i < (c.count as usize) << 2; i += 4)
    total += (load<f32>(c.a + i) as f64) * (load<f32>(c.b + i) as f64);
  store<f32>(c.y, total as f32);
}
