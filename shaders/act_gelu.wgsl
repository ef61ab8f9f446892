// act(x) = x·Φ(x), Φ(x) = (1 + erf(x/√2))/2.

// Good to 2e-7. Up to 1: x·P(x²). Beyond: 1 − exp(−Q(x)), and ±1 from 4 on. P and Q are minimax fits (Lawson's
// iteration on Chebyshev nodes, in double) of erf(√s)/√s on [0, 1] and of −log erfc on [1, 4], weighted by erfc.
fn erf(x: f32) -> f32 {
  let t = min(abs(x), 4.0);
  if (t <= 1.0) {
    let s = t * t;
    var p = fma(7.88911954e-5, s, -8.02084128e-4);
    p = fma(p, s, 5.18953534e-3);
    p = fma(p, s, -2.68544446e-2);
    p = fma(p, s, 1.12836002e-1);
    p = fma(p, s, -3.76126271e-1);
    return x * fma(p, s, 1.12837917);
  }
  var q = fma(-1.85574893e-4, t, 2.93961574e-3);
  q = fma(q, t, -2.18053512e-2);
  q = fma(q, t, 1.03037436e-1);
  q = fma(q, t, 6.38225602e-1);
  q = fma(q, t, 1.12704008);
  q = fma(q, t, 3.53708928e-4);
  return sign(x) * (1.0 - exp(-q));
}

fn normal_share(x: f32) -> f32 { return 0.5 * (1.0 + erf(x * 0.7071067812)); }

fn act(x: f32) -> f32 { return x * normal_share(x); }

fn times_act(a: f32, x: f32) -> f32 { return a * act(x); }

// Φ(x) + x·φ(x)
fn times_slope(a: f32, x: f32) -> f32 {
  let z = clamp(x, -20.0, 20.0);
  return a * (normal_share(x) + z * 0.3989422804 * exp(-0.5 * z * z));
}
