// Y = Xᵀ·W over tokens, for an adapter's gradient, whose Y is small and whose sums are long: a workgroup makes 8 × 8 of
// Y, four threads 4 × 4 each for every sixteenth token.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = shape.first_row + group.y * 8u + ((thread >> 1u) & 1u) * 4u;
  let column = shape.first_column + group.x * 8u + (thread & 1u) * 4u;
  let m = min(row, shape.rows - 4u);
  let n = min(column, shape.columns - 4u);
  var a0 = vec4f(); var a1 = vec4f(); var a2 = vec4f(); var a3 = vec4f();
  for (var token = thread / 4u; token < shape.inner; token += THREADS / 4u) {
    let u = keep(x[(token * shape.rows + m) / 4u], m, active_columns(shape.inner_limit, token, shape.rows));
    let w = weight4((token * shape.columns + n) / 4u, Cell());
    let v = keep(w, n, active_columns(shape.outer_limit, token, shape.columns));
    a0 += u.x * v; a1 += u.y * v; a2 += u.z * v; a3 += u.w * v;
  }
  let s0 = sum_apart(a0, thread, 4u);
  let s1 = sum_apart(a1, thread, 4u);
  let s2 = sum_apart(a2, thread, 4u);
  let s3 = sum_apart(a3, thread, 4u);
  if (thread < 4u) {
    store4(row, column, s0, shape.columns);
    store4(row + 1u, column, s1, shape.columns);
    store4(row + 2u, column, s2, shape.columns);
    store4(row + 3u, column, s3, shape.columns);
  }
}
