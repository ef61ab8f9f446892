// Y = X·W, W read along its rows: a thread makes 4 × 4 of Y; four inner steps are 4 loads of X and 4 of W.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;

fn keep(v: vec4f, k: u32, end: u32) -> vec4f {
  return select(vec4f(), v, vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(end));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = shape.first_column + id.x * 4u;
  let row = shape.first_row + id.y * 4u;
  if (row >= shape.end_row || column >= shape.end_column) { return; }
  let r = min(vec4u(row, row + 1u, row + 2u, row + 3u), vec4u(shape.rows - 1u));
  let xi = r * (shape.inner / 4u);
  let stride = shape.w_row / 4u;
  var inner_end = vec4u(shape.inner);
  if (shape.inner_limit != NONE) {
    for (var i = 0u; i < 4u; i++) { inner_end[i] = active_columns(shape.inner_limit, r[i], shape.inner); }
  }
  var outer_end = vec4u(shape.columns);
  if (shape.outer_limit != NONE) {
    for (var i = 0u; i < 4u; i++) { outer_end[i] = active_columns(shape.outer_limit, r[i], shape.columns); }
  }
  let shortest = min(min(inner_end.x, inner_end.y), min(inner_end.z, inner_end.w));
  let longest = max(max(inner_end.x, inner_end.y), max(inner_end.z, inner_end.w));
  let widest = max(max(outer_end.x, outer_end.y), max(outer_end.z, outer_end.w));
  var full = shortest / 4u;
  var steps = (longest + 3u) / 4u;
  if (column >= widest) { full = 0u; steps = 0u; }
  var a0 = vec4f(); var a1 = vec4f(); var a2 = vec4f(); var a3 = vec4f();
  for (var k = 0u; k < steps; k++) {
    let inner = k * 4u;
    let base = inner * stride + column / 4u;
    let w0 = weight4(base, cell_at(inner, column)) * mask4(inner, column);
    let w1 = weight4(base + stride, cell_at(inner + 1u, column)) * mask4(inner + 1u, column);
    let w2 = weight4(base + 2u * stride, cell_at(inner + 2u, column)) * mask4(inner + 2u, column);
    let w3 = weight4(base + 3u * stride, cell_at(inner + 3u, column)) * mask4(inner + 3u, column);
    var x0 = x[xi.x + k]; var x1 = x[xi.y + k]; var x2 = x[xi.z + k]; var x3 = x[xi.w + k];
    if (k >= full) {
      x0 = keep(x0, inner, inner_end.x); x1 = keep(x1, inner, inner_end.y);
      x2 = keep(x2, inner, inner_end.z); x3 = keep(x3, inner, inner_end.w);
    }
    a0 += x0.x * w0 + x0.y * w1 + x0.z * w2 + x0.w * w3;
    a1 += x1.x * w0 + x1.y * w1 + x1.z * w2 + x1.w * w3;
    a2 += x2.x * w0 + x2.y * w1 + x2.z * w2 + x2.w * w3;
    a3 += x3.x * w0 + x3.y * w1 + x3.z * w2 + x3.w * w3;
  }
  store4(row, column, a0, outer_end.x);
  store4(row + 1u, column, a1, outer_end.y);
  store4(row + 2u, column, a2, outer_end.z);
  store4(row + 3u, column, a3, outer_end.w);
}
