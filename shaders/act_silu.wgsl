// act(x) = x·σ(x). The factors are in the order in which recorded runs have multiplied them, to the bit.
fn act(x: Number) -> Number { return x / (1.0 + exp(-x)); }

fn times_act(a: Number, x: Number) -> Number { return a * x * (1.0 / (1.0 + exp(-x))); }

fn times_slope(a: Number, x: Number) -> Number {
  let s = 1.0 / (1.0 + exp(-x));
  return a * s * (1.0 + x * (1.0 - s));
}
