// What a kernel takes at a time: four numbers, where all sizes are multiples of 4.
alias Number = vec4f;
const WIDTH = 4u;
fn sum_of(x: Number) -> f32 { return (x.x + x.y) + (x.z + x.w); }
fn max_of(x: Number) -> f32 { return max(max(x.x, x.y), max(x.z, x.w)); }

// 1 at `column` of a row, of which this is unit `unit`.
fn one_hot(unit: u32, column: i32) -> Number {
  return select(vec4f(), vec4f(1.0), vec4i(i32(unit) * 4) + vec4i(0, 1, 2, 3) == vec4i(column));
}

// Whether something was found in a unit of a row before `column`.
fn any_before(found: vec4<bool>, unit: u32, column: i32) -> bool {
  return any(found & (vec4i(i32(unit) * 4) + vec4i(0, 1, 2, 3) < vec4i(column)));
}
