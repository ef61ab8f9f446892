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
  has_addend: u32,   // 0 none, 1 the addend, 2 what Y holds
  has_bias: u32,
  mask_words: u32,   // words of the element mask per row of W
  x_row: u32,        // strides of X, for the naive kernel
  x_inner: u32,
  w_row: u32,        // elements from one row of W to the next, padding included
  orientation: u32,  // 0 nt, 1 nn, 2 tn; for the naive kernel
  grid_width: u32,   // INT4: cells per row of the grid
  grid_shift: u32,   // INT4: log₂ of the inputs of a cell
  first_row: u32,    // the part of Y that this dispatch makes
  first_column: u32,
  end_row: u32,
  end_column: u32,
}

const NONE = 0xffffffffu;

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(5) var<storage, read> limits: array<i32>;

// Active columns of matrix row `row` (a token), for the sub-network of its sequence.
fn active_columns(group: u32, row: u32, full: u32) -> u32 {
  if (group == NONE) { return full; }
  return min(full, u32(limits[(row / shape.rows_per_sequence) * shape.groups + group]));
}
