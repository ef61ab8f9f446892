// act(x) = x·Φ(x), Φ(x) = (1 + erf(x/√2))/2.

// Good to 2e-7. Up to 1: x·P(x²). Beyond: 1 − exp(−Q(x)), and ±1 from 4 on. P and Q are minimax fits (Lawson's
// iteration on Chebyshev nodes, in double) of erf(√s)/√s on [0, 1] and of −log erfc on [1, 4], weighted by erfc.
fn erf(x: Number) -> Number {
  let t = min(abs(x), Number(4.0));
  let s = t * t;
  var p = fma(Number(7.88911954e-5), s, Number(-8.02084128e-4));
  p = fma(p, s, Number(5.18953534e-3));
  p = fma(p, s, Number(-2.68544446e-2));
  p = fma(p, s, Number(1.12836002e-1));
  p = fma(p, s, Number(-3.76126271e-1));
  p = fma(p, s, Number(1.12837917));
  var q = fma(Number(-1.85574893e-4), t, Number(2.93961574e-3));
  q = fma(q, t, Number(-2.18053512e-2));
  q = fma(q, t, Number(1.03037436e-1));
  q = fma(q, t, Number(6.38225602e-1));
  q = fma(q, t, Number(1.12704008));
  q = fma(q, t, Number(3.53708928e-4));
  return select(sign(x) * (1.0 - exp(-q)), x * p, t <= Number(1.0));
}

fn normal_share(x: Number) -> Number { return 0.5 * (1.0 + erf(x * 0.7071067812)); }

fn act(x: Number) -> Number { return x * normal_share(x); }

fn times_act(a: Number, x: Number) -> Number { return a * act(x); }

// Φ(x) + x·φ(x)
fn times_slope(a: Number, x: Number) -> Number {
  let z = clamp(x, Number(-20.0), Number(20.0));
  return a * (normal_share(x) + z * 0.3989422804 * exp(-0.5 * z * z));
}
