import * as share from './share';

/** As src/backends/wasm/commands/optimizer.ts writes it. */
@unmanaged
export class AdamW {
  op: i32;
  size: i32;
  parameter: usize;
  first: usize;
  second: usize;
  gradient: usize;
  clip: usize;
  hyper: usize;
  count: i32;
  beta1: f32;
  beta2: f32;
  epsilon: f32;
  /** 1 − β₁ and 1 − β₂, made in double. */
  rest1: f32;
  rest2: f32;
}

export function adamw(c: AdamW): void {
  share.take(c.count, 16);
  const rate = f32x4.splat(load<f32>(c.hyper));
  const correction1 = f32x4.splat(load<f32>(c.hyper, 4));
  const correction2 = f32x4.splat(load<f32>(c.hyper, 8));
  const keep = f32x4.splat(1 - load<f32>(c.hyper) * load<f32>(c.hyper, 12));
  const clip = f32x4.splat(load<f32>(c.clip));
  for (let i = share.first; i < share.end; i += 4) {
    const at = (i as usize) << 2;
    const g = f32x4.mul(v128.load(c.gradient + at), clip);
    const m = f32x4.add(
      f32x4.mul(f32x4.splat(c.beta1), v128.load(c.first + at)),
      f32x4.mul(f32x4.splat(c.rest1), g),
    );
    const v = f32x4.add(
      f32x4.mul(f32x4.splat(c.beta2), v128.load(c.second + at)),
      f32x4.mul(f32x4.splat(c.rest2), f32x4.mul(g, g)),
    );
    const scale = f32x4.add(f32x4.sqrt(f32x4.div(v, correction2)), f32x4.splat(c.epsilon));
    const step = f32x4.div(f32x4.div(m, correction1), scale);
    const p = f32x4.mul(v128.load(c.parameter + at), keep);
    v128.store(c.first + at, m);
    v128.store(c.second + at, v);
    v128.store(c.parameter + at, f32x4.sub(p, f32x4.mul(rate, step)));
  }
}

/** As src/backends/wasm/commands/optimizer.ts writes it; address and count of each gradient follow. */
@unmanaged
export class ClipScale {
  op: i32;
  size: i32;
  y: usize;
  maximum: f32;
  count: i32;
}

/** The sum of squares is in double, in one order whatever the number of threads. */
export function clipScale(c: ClipScale): void {
  if (!share.alone()) return;
  let total: f64 = 0;
  let entry = changetype<usize>(c) + offsetof<ClipScale>();
  for (let i = 0; i < c.count; i++) {
    const end = load<usize>(entry) + ((load<i32>(entry, 4) as usize) << 2);
    let squares = f64x2.splat(0);
    let at = load<usize>(entry);
    for (; at + 8 <= end; at += 8) {
      const pair = f64x2.promote_low_f32x4(v128.load64_zero(at));
      squares = f64x2.add(squares, f64x2.mul(pair, pair));
    }
    total += f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1);
    if (at < end) total += (load<f32>(at) as f64) * (load<f32>(at) as f64);
    entry += 8;
  }
  store<f32>(c.y, min<f64>(1, (c.maximum as f64) / (sqrt<f64>(total) + 1e-6)) as f32);
}
