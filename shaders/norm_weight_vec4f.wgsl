fn norm_weight(unit: u32) -> Number {
  let i = unit * 4u;
  return vec4f(weight(i), weight(i + 1u), weight(i + 2u), weight(i + 3u));
}
