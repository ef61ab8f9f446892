// y = x + table[position + offset], the row of a sequence's token; rows outside of the table take its nearest end.
struct Shape { count: u32, hidden: u32, positions: u32, rows_per_sequence: u32, offset: u32, starts: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> start: array<i32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= shape.count) { return; }
  let row = i / shape.hidden;
  let first = first_position(row / shape.rows_per_sequence, shape.starts) + i32(shape.offset);
  let place = u32(clamp(first + i32(row % shape.rows_per_sequence), 0, i32(shape.positions) - 1));
  y[i] = x[i] + weight(place * shape.hidden + i % shape.hidden);
}
