// Y = X·Wᵀ for few rows, W of INT4 codes. Against matmul_nt_row.wgsl: a word of eight codes a load, and cells that stay
// for a group.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;

fn keep(v: vec4f, k: u32, end: u32) -> vec4f {
  return select(vec4f(), v, vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(end));
}

fn dot8(low: vec4f, high: vec4f, weights: mat2x4f) -> f32 { return dot(low, weights[0]) + dot(high, weights[1]); }

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
  let span = cell_steps();
  var sum = vec4f();
  for (var begin = 0u; begin < steps; begin += span) {
    let end = min(begin + span, steps);
    let c0 = cell_at(c.x, begin * 4u);
    let c1 = cell_at(c.y, begin * 4u);
    let c2 = cell_at(c.z, begin * 4u);
    let c3 = cell_at(c.w, begin * 4u);
    // Codes are padded to whole words; X is not, and counts as zero there.
    for (var k = begin; k < end; k += 2u) {
      let low = keep(x[xi + k], k * 4u, inner_end);
      let high = keep(x[xi + k + 1u], k * 4u + 4u, inner_end);
      sum += vec4f(
        dot8(low, high, weight8(wi.x + k, c0)),
        dot8(low, high, weight8(wi.y + k, c1)),
        dot8(low, high, weight8(wi.z + k, c2)),
        dot8(low, high, weight8(wi.w + k, c3)));
    }
  }
  store4(row, column, sum, outer_end);
}
