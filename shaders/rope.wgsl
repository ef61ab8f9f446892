// Rotary embedding by table: pair (i, i + rotaryDim/2) of each head turns by its position's angle; what lies beyond
// rotaryDim passes through. Two Numbers a thread, and all sizes are counted in them.
struct Shape {
  count: u32,
  columns: u32,
  head_dim: u32,
  rotary_dim: u32,
  positions: u32,  // rows of the tables
  rows_per_sequence: u32,
  inverse: u32,
  starts: u32,
}
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<Number>;
@group(0) @binding(2) var<storage, read> cosines: array<Number>;
@group(0) @binding(3) var<storage, read> sines: array<Number>;
@group(0) @binding(4) var<storage, read> start: array<i32>;
@group(0) @binding(5) var<storage, read_write> y: array<Number>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= shape.count / 2u) { return; }
  let half_dim = shape.head_dim / 2u;
  let half_columns = shape.columns / 2u;
  let row = i / half_columns;
  let within = i % half_columns;
  let pair = within % half_dim;
  let head = row * shape.columns + (within / half_dim) * shape.head_dim;
  let half_rotary = shape.rotary_dim / 2u;
  if (pair >= half_rotary) {
    y[head + 2u * pair] = x[head + 2u * pair];
    y[head + 2u * pair + 1u] = x[head + 2u * pair + 1u];
    return;
  }
  let wanted = first_position(row / shape.rows_per_sequence, shape.starts) + i32(row % shape.rows_per_sequence);
  let position = u32(clamp(wanted, 0, i32(shape.positions) - 1));
  let first = head + pair;
  let c = cosines[position * half_rotary + pair];
  var s = sines[position * half_rotary + pair];
  if (shape.inverse != 0u) { s = -s; }
  let a = x[first];
  let b = x[first + half_rotary];
  y[first] = a * c - b * s;
  y[first + half_rotary] = b * c + a * s;
}
