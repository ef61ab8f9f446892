// The plain kernel: one element of Y a thread, any shape and orientation.
@group(0) @binding(1) var<storage, read> x: array<f32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = shape.first_column + id.x;
  let row = shape.first_row + id.y;
  if (row >= shape.end_row || column >= shape.end_column) { return; }
  let transposed = shape.orientation == 0u;
  let tokens = shape.orientation == 2u;
  var inner_end = shape.inner;
  var outer_end = shape.columns;
  if (!tokens) {
    inner_end = active_columns(shape.inner_limit, row, shape.inner);
    outer_end = active_columns(shape.outer_limit, row, shape.columns);
  }
  var sum = 0.0;
  if (column < outer_end) {
    for (var k = 0u; k < inner_end; k++) {
      if (tokens && (row >= active_columns(shape.inner_limit, k, shape.rows) ||
                     column >= active_columns(shape.outer_limit, k, shape.columns))) { continue; }
      let w_row = select(k, column, transposed);
      let w_column = select(column, k, transposed);
      sum += x[row * shape.x_row + k * shape.x_inner] * weight_at(w_row, w_column) * mask1(w_row, w_column);
    }
  }
  store(row, column, sum, outer_end);
}
