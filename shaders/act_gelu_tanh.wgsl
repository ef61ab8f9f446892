// act(x) = x/2·(1 + tanh(√(2/π)(x + 0.044715x³))). Beyond ±10 tanh is ±1 in f32 by far, and x³ may overflow.
const GELU_INNER = 0.7978845608;

fn gelu_tanh(x: Number) -> Number {
  let z = clamp(x, Number(-10.0), Number(10.0));
  return tanh(clamp(GELU_INNER * z * (1.0 + 0.044715 * z * z), Number(-10.0), Number(10.0)));
}

fn act(x: Number) -> Number { return 0.5 * x * (1.0 + gelu_tanh(x)); }

fn times_act(a: Number, x: Number) -> Number { return a * act(x); }

fn times_slope(a: Number, x: Number) -> Number {
  let t = gelu_tanh(x);
  let z = clamp(x, Number(-10.0), Number(10.0));
  return a * 0.5 * (1.0 + t + z * (1.0 - t * t) * GELU_INNER * (1.0 + 0.134145 * z * z));
}
