fn norm_bias(unit: u32) -> Number {
  let i = unit * 4u;
  return vec4f(bias(i), bias(i + 1u), bias(i + 2u), bias(i + 3u));
}
