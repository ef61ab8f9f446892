// What all matmul kernels share. Y[rows, columns] = addend + limited(scale · X·W + bias).
struct Shape {
  rows: u32,
  columns: u32,
  inner: u32,
  rows_per_sequence: u32,
  groups: u32,
  inner_limit: u32,  // group index, or NONE
  outer_limit: u32,
  scale: f32,
  has_addend: u32,
  has_bias: u32,
  mask_words: u32,   // words of the element mask per row of W
  x_row: u32,        // strides, for the naive kernel
  x_inner: u32,
  w_inner: u32,
  w_column: u32,
  orientation: u32,  // 0 nt, 1 nn, 2 tn; for the naive kernel
}

const NONE = 0xffffffffu;

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(3) var<storage, read> addend: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> limits: array<i32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

// Active columns of matrix row `row` (a token), for the sub-network of its sequence.
fn active_columns(group: u32, row: u32, full: u32) -> u32 {
  if (group == NONE) { return full; }
  return min(full, u32(limits[(row / shape.rows_per_sequence) * shape.groups + group]));
}

fn store(row: u32, column: u32, sum: f32, outer_end: u32) {
  if (row >= shape.rows || column >= shape.columns) { return; }
  let index = row * shape.columns + column;
  var value = 0.0;
  if (column < outer_end) {
    value = shape.scale * sum;
    if (shape.has_bias != 0u) { value += bias[column]; }
  }
  if (shape.has_addend != 0u) { value += addend[index]; }
  y[index] = value;
}

fn store4(row: u32, column: u32, sum: vec4f, outer_end: u32) {
  store(row, column, sum.x, outer_end);
  store(row, column + 1u, sum.y, outer_end);
  store(row, column + 2u, sum.z, outer_end);
  store(row, column + 3u, sum.w, outer_end);
}
