// Rotary embedding by table: pair (i, i + rotaryDim/2) of each head turns by its position's angle; what lies beyond
// rotaryDim passes through. A thread has two Numbers of HEADS heads, which turn alike; all
// sizes are counted in Numbers.
struct Shape {
  count: u32,      // threads
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
  if (i >= shape.count) { return; }
  // Remainders by hand: integer division is dear.
  let half_dim = shape.head_dim / 2u;
  let part = i / half_dim;
  let pair = i - part * half_dim;
  let heads = shape.columns / shape.head_dim;
  let parts = (heads + HEADS - 1u) / HEADS;
  let row = part / parts;
  let first_head = (part - row * parts) * HEADS;
  let end_head = min(first_head + HEADS, heads);
  let half_rotary = shape.rotary_dim / 2u;
  if (pair >= half_rotary) {
    for (var head = first_head; head < end_head; head++) {
      let at = row * shape.columns + head * shape.head_dim + 2u * pair;
      y[at] = x[at];
      y[at + 1u] = x[at + 1u];
    }
    return;
  }
  let sequence = row / shape.rows_per_sequence;
  let wanted = first_position(sequence, shape.starts) + i32(row - sequence * shape.rows_per_sequence);
  let position = u32(clamp(wanted, 0, i32(shape.positions) - 1));
  let c = cosines[position * half_rotary + pair];
  var s = sines[position * half_rotary + pair];
  if (shape.inverse != 0u) { s = -s; }
  for (var head = first_head; head < end_head; head++) {
    let at = row * shape.columns + head * shape.head_dim + pair;
    let a = x[at];
    let b = x[at + half_rotary];
    y[at] = a * c - b * s;
    y[at + half_rotary] = b * c + a * s;
  }
}
