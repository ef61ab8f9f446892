/** Sums of 4 × 8 products, which stay in registers: 8 vectors of sums, 2 of W, and a number of X at a time. */

/** `tile`[r] = Σₖ x_r[k]·w[k], each x_r a row of numbers, each w[k] eight numbers at w + k·step. In the order of k. */
export function dots(
  x0: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  w: usize,
  step: usize,
  count: i32,
  tile: usize,
): void {
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    let low = v128.load(w);
    let high = v128.load(w, 16);
    let x = v128.load32_splat(x0);
    a0 = f32x4.add(a0, f32x4.mul(x, low));
    b0 = f32x4.add(b0, f32x4.mul(x, high));
    x = v128.load32_splat(x1);
    a1 = f32x4.add(a1, f32x4.mul(x, low));
    b1 = f32x4.add(b1, f32x4.mul(x, high));
    x = v128.load32_splat(x2);
    a2 = f32x4.add(a2, f32x4.mul(x, low));
    b2 = f32x4.add(b2, f32x4.mul(x, high));
    x = v128.load32_splat(x3);
    a3 = f32x4.add(a3, f32x4.mul(x, low));
    b3 = f32x4.add(b3, f32x4.mul(x, high));
    w += step;
    low = v128.load(w);
    high = v128.load(w, 16);
    x = v128.load32_splat(x0, 4);
    a0 = f32x4.add(a0, f32x4.mul(x, low));
    b0 = f32x4.add(b0, f32x4.mul(x, high));
    x = v128.load32_splat(x1, 4);
    a1 = f32x4.add(a1, f32x4.mul(x, low));
    b1 = f32x4.add(b1, f32x4.mul(x, high));
    x = v128.load32_splat(x2, 4);
    a2 = f32x4.add(a2, f32x4.mul(x, low));
    b2 = f32x4.add(b2, f32x4.mul(x, high));
    x = v128.load32_splat(x3, 4);
    a3 = f32x4.add(a3, f32x4.mul(x, low));
    b3 = f32x4.add(b3, f32x4.mul(x, high));
    w += step;
    low = v128.load(w);
    high = v128.load(w, 16);
    x = v128.load32_splat(x0, 8);
    a0 = f32x4.add(a0, f32x4.mul(x, low));
    b0 = f32x4.add(b0, f32x4.mul(x, high));
    x = v128.load32_splat(x1, 8);
    a1 = f32x4.add(a1, f32x4.mul(x, low));
    b1 = f32x4.add(b1, f32x4.mul(x, high));
    x = v128.load32_splat(x2, 8);
    a2 = f32x4.add(a2, f32x4.mul(x, low));
    b2 = f32x4.add(b2, f32x4.mul(x, high));
    x = v128.load32_splat(x3, 8);
    a3 = f32x4.add(a3, f32x4.mul(x, low));
    b3 = f32x4.add(b3, f32x4.mul(x, high));
    w += step;
    low = v128.load(w);
    high = v128.load(w, 16);
    x = v128.load32_splat(x0, 12);
    a0 = f32x4.add(a0, f32x4.mul(x, low));
    b0 = f32x4.add(b0, f32x4.mul(x, high));
    x = v128.load32_splat(x1, 12);
    a1 = f32x4.add(a1, f32x4.mul(x, low));
    b1 = f32x4.add(b1, f32x4.mul(x, high));
    x = v128.load32_splat(x2, 12);
    a2 = f32x4.add(a2, f32x4.mul(x, low));
    b2 = f32x4.add(b2, f32x4.mul(x, high));
    x = v128.load32_splat(x3, 12);
    a3 = f32x4.add(a3, f32x4.mul(x, low));
    b3 = f32x4.add(b3, f32x4.mul(x, high));
    w += step;
    x0 += 16;
    x1 += 16;
    x2 += 16;
    x3 += 16;
  }
  for (; k < count; k++) {
    const low = v128.load(w);
    const high = v128.load(w, 16);
    let x = v128.load32_splat(x0);
    a0 = f32x4.add(a0, f32x4.mul(x, low));
    b0 = f32x4.add(b0, f32x4.mul(x, high));
    x = v128.load32_splat(x1);
    a1 = f32x4.add(a1, f32x4.mul(x, low));
    b1 = f32x4.add(b1, f32x4.mul(x, high));
    x = v128.load32_splat(x2);
    a2 = f32x4.add(a2, f32x4.mul(x, low));
    b2 = f32x4.add(b2, f32x4.mul(x, high));
    x = v128.load32_splat(x3);
    a3 = f32x4.add(a3, f32x4.mul(x, low));
    b3 = f32x4.add(b3, f32x4.mul(x, high));
    w += step;
    x0 += 4;
    x1 += 4;
    x2 += 4;
    x3 += 4;
  }
  put(tile, a0, b0, a1, b1, a2, b2, a3, b3);
}

/** `tile`[r] = Σₖ x[k][r]·w[k], the four numbers of x[k] at x + k·xStep. In the order of k. */
export function outers(x: usize, xStep: usize, w: usize, step: usize, count: i32, tile: usize): void {
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  for (let k = 0; k < count; k++) {
    const low = v128.load(w);
    const high = v128.load(w, 16);
    let number = v128.load32_splat(x);
    a0 = f32x4.add(a0, f32x4.mul(number, low));
    b0 = f32x4.add(b0, f32x4.mul(number, high));
    number = v128.load32_splat(x, 4);
    a1 = f32x4.add(a1, f32x4.mul(number, low));
    b1 = f32x4.add(b1, f32x4.mul(number, high));
    number = v128.load32_splat(x, 8);
    a2 = f32x4.add(a2, f32x4.mul(number, low));
    b2 = f32x4.add(b2, f32x4.mul(number, high));
    number = v128.load32_splat(x, 12);
    a3 = f32x4.add(a3, f32x4.mul(number, low));
    b3 = f32x4.add(b3, f32x4.mul(number, high));
    x += xStep;
    w += step;
  }
  put(tile, a0, b0, a1, b1, a2, b2, a3, b3);
}

// @ts-ignore: decorator
@inline
function put(
  tile: usize,
  a0: v128,
  b0: v128,
  a1: v128,
  b1: v128,
  a2: v128,
  b2: v128,
  a3: v128,
  b3: v128,
): void {
  v128.store(tile, a0);
  v128.store(tile, b0, 16);
  v128.store(tile, a1, 32);
  v128.store(tile, b1, 48);
  v128.store(tile, a2, 64);
  v128.store(tile, b2, 80);
  v128.store(tile, a3, 96);
  v128.store(tile, b3, 112);
}

/** Rows r0 … r3 of four numbers as columns: to[k] at to + k·32. */
// @ts-ignore: decorator
@inline
export function transpose(r0: v128, r1: v128, r2: v128, r3: v128, to: usize): void {
  const t0 = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
  const t1 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
  const t2 = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
  const t3 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(t0, t1, 0, 2));
  v128.store(to, i64x2.shuffle(t0, t1, 1, 3), 32);
  v128.store(to, i64x2.shuffle(t2, t3, 0, 2), 64);
  v128.store(to, i64x2.shuffle(t2, t3, 1, 3), 96);
}
