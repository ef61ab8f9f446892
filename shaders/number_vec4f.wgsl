// What a kernel takes at a time: four numbers, where all sizes are multiples of 4.
alias Number = vec4f;
fn sum_of(x: Number) -> f32 { return (x.x + x.y) + (x.z + x.w); }

// 1 at `column` of a row, of which this is unit `unit`.
fn one_hot(unit: u32, column: i32) -> Number {
  return select(vec4f(), vec4f(1.0), vec4i(i32(unit) * 4) + vec4i(0, 1, 2, 3) == vec4i(column));
}
