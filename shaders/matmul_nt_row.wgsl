// Y = X·Wᵀ for few rows, such as the one of a token that is decoded: a thread makes 4 columns of one row, so that no work
// goes into rows that are not there. Against matmul_nt.wgsl: a row for a tile of rows.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;

fn keep(v: vec4f, k: u32, end: u32) -> vec4f {
  return select(vec4f(), v, vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(end));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups);
  let across = (shape.end_column - shape.first_column + 3u) / 4u;
  let row = shape.first_row + index / across;
  let column = shape.first_column + (index % across) * 4u;
  if (row >= shape.end_row) { return; }
  let c = min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(shape.columns - 1u));
  let xi = row * (shape.inner / 4u);
  let wi = c * (shape.w_row / 4u);
  let inner_end = active_columns(shape.inner_limit, row, shape.inner);
  let outer_end = active_columns(shape.outer_limit, row, shape.columns);
  let steps = select((inner_end + 3u) / 4u, 0u, column >= outer_end);
  var sum = vec4f();
  for (var k = 0u; k < steps; k++) {
    let v = keep(x[xi + k], k * 4u, inner_end);
    sum += vec4f(
      dot(v, weight4(wi.x + k, Cell()) * mask4(c.x, k * 4u)),
      dot(v, weight4(wi.y + k, Cell()) * mask4(c.y, k * 4u)),
      dot(v, weight4(wi.z + k, Cell()) * mask4(c.z, k * 4u)),
      dot(v, weight4(wi.w + k, Cell()) * mask4(c.w, k * 4u)));
  }
  store4(row, column, sum, outer_end);
}
