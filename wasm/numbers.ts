/** Elementary functions, four at a time, in f32. */

/** eˣ to about 1 unit in the last place (Cephes' expf: x = n·ln 2 + r, a polynomial in r); 0 below −87.3, infinite above 88.4. */
export function exp(x: v128): v128 {
  const bounded = f32x4.min(f32x4.max(x, f32x4.splat(-87.33654)), f32x4.splat(89));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(bounded, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.1219444e-4)));
  let p = f32x4.splat(1.98756915e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  // What is no number stays none.
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(x, f32x4.splat(-87.33654)));
}

export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

/** 1 − 2/(e²ˣ + 1); near zero x − x³/3 + 2x⁵/15, where that would cancel. */
export function tanh(x: v128): v128 {
  const bounded = f32x4.min(f32x4.max(x, f32x4.splat(-10)), f32x4.splat(10));
  const one = f32x4.splat(1);
  const power = exp(f32x4.add(bounded, bounded));
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(power, one)));
  const s = f32x4.mul(x, x);
  const series = f32x4.add(f32x4.splat(-0.33333333), f32x4.mul(s, f32x4.splat(0.13333333)));
  const near = f32x4.add(x, f32x4.mul(f32x4.mul(x, s), series));
  return v128.bitselect(near, far, f32x4.lt(f32x4.abs(x), f32x4.splat(0.0625)));
}

/** Good to 2e-7, by the polynomials of shaders/act_gelu.wgsl. */
export function erf(x: v128): v128 {
  const t = f32x4.min(f32x4.abs(x), f32x4.splat(4));
  const s = f32x4.mul(t, t);
  let p = f32x4.splat(7.88911954e-5);
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-8.02084128e-4));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(5.18953534e-3));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-2.68544446e-2));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(1.12836002e-1));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-3.76126271e-1));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(1.12837917));
  let q = f32x4.splat(-1.85574893e-4);
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(2.93961574e-3));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(-2.18053512e-2));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(1.03037436e-1));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(6.38225602e-1));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(1.12704008));
  q = f32x4.add(f32x4.mul(q, t), f32x4.splat(3.53708928e-4));
  const one = f32x4.splat(1);
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const far = v128.or(f32x4.sub(one, exp(f32x4.neg(q))), sign);
  return v128.bitselect(f32x4.mul(x, p), far, f32x4.le(t, one));
}

/** Natural logarithm of a positive, finite x (Cephes' logf). */
export function log(x: f32): f32 {
  const bits = reinterpret<i32>(x);
  let exponent = ((bits >> 23) - 126) as f32;
  let m = reinterpret<f32>((bits & 0x007fffff) | 0x3f000000);
  if (m < 0.707106781186547524) {
    exponent -= 1;
    m += m - 1;
  } else m -= 1;
  const z = m * m;
  let p: f32 = 7.0376836292e-2;
  p = p * m - 1.151461031e-1;
  p = p * m + 1.167699874e-1;
  p = p * m - 1.2420140846e-1;
  p = p * m + 1.4249322787e-1;
  p = p * m - 1.6668057665e-1;
  p = p * m + 2.0000714765e-1;
  p = p * m - 2.4999993993e-1;
  p = p * m + 3.3333331174e-1;
  const y = p * m * z - 2.1219444e-4 * exponent - 0.5 * z;
  return m + y + 0.693359375 * exponent;
}

/** The sum of the lanes, always in the same order. */
export function sum(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) +
    f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

export function largest(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

/** Lanes of which there are still `left`: all bits set, else none. */
export function lanes(left: i32): v128 {
  return i32x4.gt_s(i32x4.splat(left), i32x4(0, 1, 2, 3));
}
