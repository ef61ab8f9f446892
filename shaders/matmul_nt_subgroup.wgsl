// Y = X·Wᵀ in subgroups of 4: see matmul_subgroup_shape.wgsl. Per 4 inner steps a lane loads 4 rows of W (vec4) and
// one number of each of 8 rows of X.
@group(0) @binding(1) var<storage, read> x: array<f32>;

fn dot4(v: vec4f, w0: vec4f, w1: vec4f, w2: vec4f, w3: vec4f) -> vec4f {
  return vec4f(dot(v, w0), dot(v, w1), dot(v, w2), dot(v, w3));
}

// The numbers of the four lanes, in all of them.
fn spread(v: f32) -> vec4f {
  return vec4f(subgroupBroadcast(v, 0u), subgroupBroadcast(v, 1u), subgroupBroadcast(v, 2u), subgroupBroadcast(v, 3u));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let block = block_of(id, groups);
  if (!block.inside) { return; }
  let last = shape.rows - 1u;
  let row0 = min(block.row + 0u, last) * shape.inner + block.lane;
  let row1 = min(block.row + 1u, last) * shape.inner + block.lane;
  let row2 = min(block.row + 2u, last) * shape.inner + block.lane;
  let row3 = min(block.row + 3u, last) * shape.inner + block.lane;
  let row4 = min(block.row + 4u, last) * shape.inner + block.lane;
  let row5 = min(block.row + 5u, last) * shape.inner + block.lane;
  let row6 = min(block.row + 6u, last) * shape.inner + block.lane;
  let row7 = min(block.row + 7u, last) * shape.inner + block.lane;
  let last_column = shape.columns - 1u;
  let column0 = min(block.column, last_column);
  let column1 = min(block.column + 1u, last_column);
  let column2 = min(block.column + 2u, last_column);
  let column3 = min(block.column + 3u, last_column);
  let stride = shape.w_row / 4u;
  let w0 = column0 * stride;
  let w1 = column1 * stride;
  let w2 = column2 * stride;
  let w3 = column3 * stride;
  let end0 = limit_of(shape.inner_limit, block.row + 0u, shape.inner);
  let end1 = limit_of(shape.inner_limit, block.row + 1u, shape.inner);
  let end2 = limit_of(shape.inner_limit, block.row + 2u, shape.inner);
  let end3 = limit_of(shape.inner_limit, block.row + 3u, shape.inner);
  let end4 = limit_of(shape.inner_limit, block.row + 4u, shape.inner);
  let end5 = limit_of(shape.inner_limit, block.row + 5u, shape.inner);
  let end6 = limit_of(shape.inner_limit, block.row + 6u, shape.inner);
  let end7 = limit_of(shape.inner_limit, block.row + 7u, shape.inner);
  var steps = (max(max(max(end0, end1), max(end2, end3)), max(max(end4, end5), max(end6, end7))) + 3u) / 4u;
  let first = limit_of(shape.outer_limit, block.row, shape.columns);
  let second = limit_of(shape.outer_limit, block.row + 7u, shape.columns);
  // Rows of a block belong to at most two sequences when those have 7 rows or more; else no block is skipped.
  if (shape.rows_per_sequence >= 7u && block.column - block.lane * 4u >= max(first, second)) { steps = 0u; }
  var a0 = vec4f();
  var a1 = vec4f();
  var a2 = vec4f();
  var a3 = vec4f();
  var a4 = vec4f();
  var a5 = vec4f();
  var a6 = vec4f();
  var a7 = vec4f();
  let span = cell_steps();
  for (var begin = 0u; begin < steps; begin += span) {
    let end = min(begin + span, steps);
    let c0 = cell_at(column0, begin * 4u);
    let c1 = cell_at(column1, begin * 4u);
    let c2 = cell_at(column2, begin * 4u);
    let c3 = cell_at(column3, begin * 4u);
    for (var k = begin; k < end; k++) {
      let v0 = weight4(w0 + k, c0) * mask4(block.column, k * 4u);
      let v1 = weight4(w1 + k, c1) * mask4(block.column + 1u, k * 4u);
      let v2 = weight4(w2 + k, c2) * mask4(block.column + 2u, k * 4u);
      let v3 = weight4(w3 + k, c3) * mask4(block.column + 3u, k * 4u);
      let inner = k * 4u + block.lane;
      let x0 = select(0.0, x[row0 + k * 4u], inner < end0);
      let x1 = select(0.0, x[row1 + k * 4u], inner < end1);
      let x2 = select(0.0, x[row2 + k * 4u], inner < end2);
      let x3 = select(0.0, x[row3 + k * 4u], inner < end3);
      let x4 = select(0.0, x[row4 + k * 4u], inner < end4);
      let x5 = select(0.0, x[row5 + k * 4u], inner < end5);
      let x6 = select(0.0, x[row6 + k * 4u], inner < end6);
      let x7 = select(0.0, x[row7 + k * 4u], inner < end7);
      a0 += dot4(spread(x0), v0, v1, v2, v3);
      a1 += dot4(spread(x1), v0, v1, v2, v3);
      a2 += dot4(spread(x2), v0, v1, v2, v3);
      a3 += dot4(spread(x3), v0, v1, v2, v3);
      a4 += dot4(spread(x4), v0, v1, v2, v3);
      a5 += dot4(spread(x5), v0, v1, v2, v3);
      a6 += dot4(spread(x6), v0, v1, v2, v3);
      a7 += dot4(spread(x7), v0, v1, v2, v3);
    }
  }
  store_row(block.row + 0u, block.column, a0);
  store_row(block.row + 1u, block.column, a1);
  store_row(block.row + 2u, block.column, a2);
  store_row(block.row + 3u, block.column, a3);
  store_row(block.row + 4u, block.column, a4);
  store_row(block.row + 5u, block.column, a5);
  store_row(block.row + 6u, block.column, a6);
  store_row(block.row + 7u, block.column, a7);
}
