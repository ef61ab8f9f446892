// Round to nearest, one group of a row a thread: its grid, then its codes.
struct Shape {
  rows: u32,
  columns: u32,
  groups: u32,
  shift: u32,      // log₂ of a group's width
  symmetric: u32,
  rule: u32,
  has_mask: u32,
}
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> mask: array<u32>;
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;
@group(0) @binding(4) var<storage, read_write> grid: array<f32>;

fn masked_weight(row: u32, column: u32) -> f32 {
  if (shape.has_mask != 0u) {
    let words = (shape.columns + 31u) / 32u;
    if (((mask[row * words + (column >> 5u)] >> (column & 31u)) & 1u) == 0u) { return 0.0; }
  }
  return weight(row * shape.columns + column);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups);
  if (index >= shape.rows * shape.groups) { return; }
  let row = index / shape.groups;
  let begin = (index % shape.groups) << shape.shift;
  let end = min(shape.columns, begin + (1u << shape.shift));
  var lo = 0.0;
  var hi = 0.0;
  for (var column = begin; column < end; column++) {
    let v = masked_weight(row, column);
    lo = min(lo, v);
    hi = max(hi, v);
  }
  let own = int4_grid(lo, hi, shape.symmetric != 0u, shape.rule);
  grid[2u * index] = own.delta;
  grid[2u * index + 1u] = own.zero;
  let words = (shape.columns + 7u) / 8u;
  for (var first = begin; first < end; first += 8u) {
    var word = 0u;
    for (var i = 0u; i < min(8u, end - first); i++) {
      word |= int4_code(masked_weight(row, first + i), own.delta, own.zero) << (4u * i);
    }
    codes[row * words + first / 8u] = word;
  }
}
