// What makes the merged weight v = (W + s · B_ρ A_ρ) ⊙ M, whatever it is stored in: eight elements a thread, so that an
// element of B is loaded once for eight of A. Sums run over the rank in order.
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
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read> mask: array<u32>;
@group(0) @binding(5) var<storage, read> limits: array<i32>;

fn active_rank() -> u32 {
  if (shape.limit == NONE) { return shape.rank; }
  return min(shape.rank, u32(limits[shape.limit]));
}

// B_ρ A_ρ at eight columns. Past the end of a row these are sums of something else, to be left alone.
fn products(row: u32, column: u32) -> array<vec4f, 2> {
  var low = vec4f();
  var high = vec4f();
  let rank = active_rank();
  for (var k = 0u; k < rank; k++) {
    let factor = b[row * shape.rank + k];
    let at = k * shape.columns + column;
    low += factor * a4(at);
    high += factor * a4(at + 4u);
  }
  return array(low, high);
}

// B_ρ A_ρ at one column.
fn product(row: u32, column: u32) -> f32 {
  let rank = active_rank();
  var sum = 0.0;
  for (var k = 0u; k < rank; k++) { sum += b[row * shape.rank + k] * a1(k * shape.columns + column); }
  return sum;
}

// v, from the product. A weight that the mask took is zero exactly.
fn merged(row: u32, column: u32, sum: f32) -> f32 {
  let words = (shape.columns + 31u) / 32u;
  let kept = shape.has_mask == 0u || ((mask[row * words + (column >> 5u)] >> (column & 31u)) & 1u) == 1u;
  return select(0.0, weight(row * shape.columns + column) + shape.scale * sum, kept);
}

// Eight v from a flat index on, in whichever rows they are.
fn merged8(first: u32) -> array<f32, 8> {
  var values: array<f32, 8>;
  let row = first / shape.columns;
  let column = first % shape.columns;
  if (column + 8u <= shape.columns) {
    let sums = products(row, column);
    for (var i = 0u; i < 8u; i++) { values[i] = merged(row, column + i, sums[i >> 2u][i & 3u]); }
    return values;
  }
  for (var i = 0u; i < min(8u, shape.rows * shape.columns - first); i++) {
    let here = (first + i) / shape.columns;
    let there = (first + i) % shape.columns;
    values[i] = merged(here, there, product(here, there));
  }
  return values;
}
