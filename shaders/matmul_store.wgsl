// Results one number at a time: any number of columns.
@group(0) @binding(3) var<storage, read> addend: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

fn store(row: u32, column: u32, sum: f32, outer_end: u32) {
  if (row >= shape.end_row || column >= shape.end_column) { return; }
  let index = row * shape.columns + column;
  var value = 0.0;
  if (column < outer_end) {
    value = shape.scale * sum;
    if (shape.has_bias != 0u) { value += bias(column); }
  }
  if (shape.has_addend == 1u) { value += addend[index]; }
  if (shape.has_addend == 2u) { value += y[index]; }
  y[index] = value;
}

fn store4(row: u32, column: u32, sum: vec4f, outer_end: u32) {
  store(row, column, sum.x, outer_end);
  store(row, column + 1u, sum.y, outer_end);
  store(row, column + 2u, sum.z, outer_end);
  store(row, column + 3u, sum.w, outer_end);
}
