// Y = X·Wᵀ, both matrices read along their rows: a thread makes 4 × 4 of Y from 8 vec4 loads per 4 inner steps.
// Against matmul_naive.wgsl: register tile, so a quarter of the loads per multiply.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;

fn dot4(v: vec4f, w0: vec4f, w1: vec4f, w2: vec4f, w3: vec4f) -> vec4f {
  return vec4f(dot(v, w0), dot(v, w1), dot(v, w2), dot(v, w3));
}

fn keep(v: vec4f, k: u32, end: u32) -> vec4f {
  return select(vec4f(), v, vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(end));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = shape.first_column + id.x * 4u;
  let row = shape.first_row + id.y * 4u;
  if (row >= shape.end_row || column >= shape.end_column) { return; }
  let last_row = shape.rows - 1u;
  let last_column = shape.columns - 1u;
  let r = min(vec4u(row, row + 1u, row + 2u, row + 3u), vec4u(last_row));
  let c = min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(last_column));
  let stride = shape.inner / 4u;
  let xi = r * stride;
  let wi = c * (shape.w_row / 4u);
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
  var full = shortest / 4u;           // whole vec4 steps that all four rows take
  var steps = (longest + 3u) / 4u;    // steps that some row takes
  if (column >= widest) { full = 0u; steps = 0u; }
  var a0 = vec4f(); var a1 = vec4f(); var a2 = vec4f(); var a3 = vec4f();
  let span = cell_steps();
  for (var begin = 0u; begin < steps; begin += span) {
    let end = min(begin + span, steps);
    let c0 = cell_at(c.x, begin * 4u);
    let c1 = cell_at(c.y, begin * 4u);
    let c2 = cell_at(c.z, begin * 4u);
    let c3 = cell_at(c.w, begin * 4u);
    for (var k = begin; k < min(end, full); k++) {
      let w0 = weight4(wi.x + k, c0) * mask4(c.x, k * 4u);
      let w1 = weight4(wi.y + k, c1) * mask4(c.y, k * 4u);
      let w2 = weight4(wi.z + k, c2) * mask4(c.z, k * 4u);
      let w3 = weight4(wi.w + k, c3) * mask4(c.w, k * 4u);
      a0 += dot4(x[xi.x + k], w0, w1, w2, w3);
      a1 += dot4(x[xi.y + k], w0, w1, w2, w3);
      a2 += dot4(x[xi.z + k], w0, w1, w2, w3);
      a3 += dot4(x[xi.w + k], w0, w1, w2, w3);
    }
    for (var k = max(begin, full); k < end; k++) {
      let w0 = weight4(wi.x + k, c0) * mask4(c.x, k * 4u);
      let w1 = weight4(wi.y + k, c1) * mask4(c.y, k * 4u);
      let w2 = weight4(wi.z + k, c2) * mask4(c.z, k * 4u);
      let w3 = weight4(wi.w + k, c3) * mask4(c.w, k * 4u);
      a0 += dot4(keep(x[xi.x + k], k * 4u, inner_end.x), w0, w1, w2, w3);
      a1 += dot4(keep(x[xi.y + k], k * 4u, inner_end.y), w0, w1, w2, w3);
      a2 += dot4(keep(x[xi.z + k], k * 4u, inner_end.z), w0, w1, w2, w3);
      a3 += dot4(keep(x[xi.w + k], k * 4u, inner_end.w), w0, w1, w2, w3);
    }
  }
  store4(row, column, a0, outer_end.x);
  store4(row + 1u, column, a1, outer_end.y);
  store4(row + 2u, column, a2, outer_end.z);
  store4(row + 3u, column, a3, outer_end.w);
}
