// Y = Xᵀ·W summed over tokens: a thread makes 4 × 4 of Y; a token is one load of X and one of W.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;

fn keep(v: vec4f, k: u32, end: u32) -> vec4f {
  return select(vec4f(), v, vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(end));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = shape.first_column + id.x * 4u;
  let row = shape.first_row + id.y * 4u;
  if (row >= shape.end_row || column >= shape.end_column) { return; }
  let x_stride = shape.rows / 4u;
  let w_stride = shape.columns / 4u;
  let limited = shape.inner_limit != NONE || shape.outer_limit != NONE;
  var a0 = vec4f(); var a1 = vec4f(); var a2 = vec4f(); var a3 = vec4f();
  for (var token = 0u; token < shape.inner; token++) {
    var v = x[token * x_stride + row / 4u];
    let u = weight4(token * w_stride + column / 4u, Cell()) * mask4(token, column);
    if (limited) {
      let columns = active_columns(shape.outer_limit, token, shape.columns);
      v = keep(v, row, active_columns(shape.inner_limit, token, shape.rows));
      let kept = keep(u, column, columns);
      a0 += v.x * kept; a1 += v.y * kept; a2 += v.z * kept; a3 += v.w * kept;
    } else {
      a0 += v.x * u; a1 += v.y * u; a2 += v.z * u; a3 += v.w * u;
    }
  }
  store4(row, column, a0, shape.columns);
  store4(row + 1u, column, a1, shape.columns);
  store4(row + 2u, column, a2, shape.columns);
  store4(row + 3u, column, a3, shape.columns);
}
