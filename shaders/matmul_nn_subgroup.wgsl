// Y = X·W in subgroups of 4: see matmul_subgroup_shape.wgsl. Per 4 inner steps a lane loads a vec4 of each of 4 rows
// of W and one number of each of 8 rows of X.
@group(0) @binding(1) var<storage, read> x: array<f32>;

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
  let stride = shape.w_row / 4u;
  let column = min(block.column / 4u, shape.columns / 4u - 1u);
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
  if (shape.rows_per_sequence >= 7u && block.column - block.lane * 4u >= max(first, second)) { steps = 0u; }
  var a0 = vec4f();
  var a1 = vec4f();
  var a2 = vec4f();
  var a3 = vec4f();
  var a4 = vec4f();
  var a5 = vec4f();
  var a6 = vec4f();
  var a7 = vec4f();
  for (var k = 0u; k < steps; k++) {
    let base = k * 4u * stride + column;
    let cells = cells_of(k * 4u, block.column - block.lane * 4u, block.lane);
    let c0 = weight4(base, cells.c0) * mask4(k * 4u, column * 4u);
    let c1 = weight4(base + stride, cells.c1) * mask4(k * 4u + 1u, column * 4u);
    let c2 = weight4(base + 2u * stride, cells.c2) * mask4(k * 4u + 2u, column * 4u);
    let c3 = weight4(base + 3u * stride, cells.c3) * mask4(k * 4u + 3u, column * 4u);
    let inner = k * 4u + block.lane;
    let x0 = select(0.0, x[row0 + k * 4u], inner < end0);
    let x1 = select(0.0, x[row1 + k * 4u], inner < end1);
    let x2 = select(0.0, x[row2 + k * 4u], inner < end2);
    let x3 = select(0.0, x[row3 + k * 4u], inner < end3);
    let x4 = select(0.0, x[row4 + k * 4u], inner < end4);
    let x5 = select(0.0, x[row5 + k * 4u], inner < end5);
    let x6 = select(0.0, x[row6 + k * 4u], inner < end6);
    let x7 = select(0.0, x[row7 + k * 4u], inner < end7);
    a0 += subgroupBroadcast(x0, 0u) * c0 + subgroupBroadcast(x0, 1u) * c1 + subgroupBroadcast(x0, 2u) * c2 + subgroupBroadcast(x0, 3u) * c3;
    a1 += subgroupBroadcast(x1, 0u) * c0 + subgroupBroadcast(x1, 1u) * c1 + subgroupBroadcast(x1, 2u) * c2 + subgroupBroadcast(x1, 3u) * c3;
    a2 += subgroupBroadcast(x2, 0u) * c0 + subgroupBroadcast(x2, 1u) * c1 + subgroupBroadcast(x2, 2u) * c2 + subgroupBroadcast(x2, 3u) * c3;
    a3 += subgroupBroadcast(x3, 0u) * c0 + subgroupBroadcast(x3, 1u) * c1 + subgroupBroadcast(x3, 2u) * c2 + subgroupBroadcast(x3, 3u) * c3;
    a4 += subgroupBroadcast(x4, 0u) * c0 + subgroupBroadcast(x4, 1u) * c1 + subgroupBroadcast(x4, 2u) * c2 + subgroupBroadcast(x4, 3u) * c3;
    a5 += subgroupBroadcast(x5, 0u) * c0 + subgroupBroadcast(x5, 1u) * c1 + subgroupBroadcast(x5, 2u) * c2 + subgroupBroadcast(x5, 3u) * c3;
    a6 += subgroupBroadcast(x6, 0u) * c0 + subgroupBroadcast(x6, 1u) * c1 + subgroupBroadcast(x6, 2u) * c2 + subgroupBroadcast(x6, 3u) * c3;
    a7 += subgroupBroadcast(x7, 0u) * c0 + subgroupBroadcast(x7, 1u) * c1 + subgroupBroadcast(x7, 2u) * c2 + subgroupBroadcast(x7, 3u) * c3;
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
