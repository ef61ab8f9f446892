// What makes the merged weight v = (W + s · B_ρ A_ρ) ⊙ M, whatever it is stored in. Sums run over the rank in order.
struct Shape {
  rows: u32,
  columns: u32,
  rank: u32,
  limit: u32,        // where the active rank stands in the limits, or NONE
  scale: f32,
  has_mask: u32,
  grid_groups: u32,  // of the INT4 grid: groups a row, log₂ of their width
  group_shift: u32,
}

const NONE = 0xffffffffu;

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read> mask: array<u32>;
@group(0) @binding(5) var<storage, read> limits: array<i32>;

fn active_rank() -> u32 {
  if (shape.limit == NONE) { return shape.rank; }
  return min(shape.rank, u32(limits[shape.limit]));
}

// v, from the sum over the active rank. A weight that the mask took is zero exactly.
fn merged(row: u32, column: u32, sum: f32) -> f32 {
  let words = (shape.columns + 31u) / 32u;
  let kept = shape.has_mask == 0u || ((mask[row * words + (column >> 5u)] >> (column & 31u)) & 1u) == 1u;
  return select(0.0, weight(row * shape.columns + column) + shape.scale * sum, kept);
}

// v of the element at a flat index.
fn merged_at(index: u32) -> f32 {
  let row = index / shape.columns;
  let column = index % shape.columns;
  let rank = active_rank();
  var sum = 0.0;
  for (var k = 0u; k < rank; k++) { sum += b[row * shape.rank + k] * a[k * shape.columns + column]; }
  return merged(row, column, sum);
}
