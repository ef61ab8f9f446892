// Y = X·Wᵀ for few rows: a workgroup makes four columns of one row, its threads sharing the inner sum. Against
// matmul_nt_row.wgsl: neighbours read neighbouring weights, and sixteen times as many threads read.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = shape.first_row + group.y;
  let column = shape.first_column + group.x * 4u;
  let c = min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(shape.columns - 1u));
  let xi = row * shape.inner;
  let inner_end = active_columns(shape.inner_limit, row, shape.inner);
  let outer_end = active_columns(shape.outer_limit, row, shape.columns);
  let end = select(inner_end, 0u, column >= outer_end);
  var sum = vec4f();
  for (var at = thread * 8u; at < end; at += THREADS * 8u) {
    // A cell is of eight inputs at least.
    let c0 = cell_at(c.x, at);
    let c1 = cell_at(c.y, at);
    let c2 = cell_at(c.z, at);
    let c3 = cell_at(c.w, at);
    for (var k = at; k < at + 8u; k += 4u) {
      let v = keep(x[(xi + k) / 4u], k, end);
      let w = c * (shape.w_row / 4u) + k / 4u;
      sum += vec4f(
        dot(v, weight4(w.x, c0) * mask4(c.x, k)),
        dot(v, weight4(w.y, c1) * mask4(c.y, k)),
        dot(v, weight4(w.z, c2) * mask4(c.z, k)),
        dot(v, weight4(w.w, c3) * mask4(c.w, k)));
    }
  }
  let whole = sum_apart(sum, thread, 1u);
  if (thread == 0u) { store4(row, column, whole, outer_end); }
}
